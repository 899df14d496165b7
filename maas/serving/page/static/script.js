"use strict";
// The form, the key, and what changes while the page is open. Without it, the page shows all the rest.
(() => {
  const root = document.documentElement;
  const REFRESH_MS = 10000;
  const SLOW_REFRESH_MS = 60000; // with many features
  const MANY_FEATURES = 60;
  const MAX_BARS = 20;
  let key = ""; // kept here alone

  const find = (id) => document.getElementById(id);
  const address = (path) => new URL(path.replace(/^\//, ""), document.baseURI).href;

  // A header is sent as bytes, one a character; the service reads UTF-8.
  const asHeader = (text) => String.fromCharCode(...new TextEncoder().encode(text));

  async function ask(path, options = {}) {
    const headers = { ...options.headers, ...(key && { "X-API-Key": asHeader(key) }) };
    const response = await fetch(address(path), { ...options, headers, cache: "no-store", credentials: "omit" });
    noticeRelease(response);
    return response;
  }

  // Releases -----------------------------------------------------------------------------------

  function noticeRelease(response) {
    const digest = response.headers.get("X-Model-Digest");
    const shown = root.dataset.digest;
    find("release-notice").hidden = !shown || !digest || digest === shown;
    if (digest !== shown) {
      const version = response.headers.get("X-Model-Version");
      find("release-text").textContent = `Version ${version} is live now; this page shows another one.`;
    }
  }

  async function reload() {
    const failed = root.dataset.keyed !== "true" || (await showContent());
    if (failed) location.reload(); // with keys, to ask for one again
  }

  // The form -----------------------------------------------------------------------------------

  const fields = () => [...document.querySelectorAll("#predict-form .field")];
  const control = (field) => field.querySelector("select, input:not([type=checkbox])");
  const nullBox = (field) => field.querySelector("input[type=checkbox]");

  function readValue(field) {
    const input = control(field);
    if (nullBox(field)?.checked) return null;
    switch (field.dataset.type) {
      case "boolean":
        return input.value === "true";
      case "number":
      case "integer":
        return input.value === "" ? null : Number(input.value);
      default: {
        const chosen = input.selectedOptions?.[0]?.dataset.json;
        return chosen === undefined ? input.value : JSON.parse(chosen);
      }
    }
  }

  function readRow() {
    return Object.fromEntries(fields().map((field) => [JSON.parse(field.dataset.name), readValue(field)]));
  }

  function fillExample() {
    for (const field of fields()) {
      const value = JSON.parse(field.dataset.example);
      const input = control(field);
      const box = nullBox(field);
      if (box) box.checked = value === null;
      if (input.tagName === "SELECT") {
        const index = [...input.options].findIndex((each) => {
          const given = each.dataset.json === undefined ? each.value : JSON.parse(each.dataset.json);
          return given === String(value);
        });
        input.selectedIndex = Math.max(index, 0);
      } else input.value = value === null ? "" : String(value);
    }
    update();
  }

  function update() {
    clearErrors(); // and an answer, which would not be that of these values
    for (const field of fields()) {
      const box = nullBox(field);
      if (box) control(field).disabled = box.checked;
      showRange(field);
    }
    showCurl();
  }

  function showRange(field) {
    const { low, high } = field.dataset;
    const value = readValue(field);
    const isOutside = low !== undefined && value !== null && (value < Number(low) || value > Number(high));
    find(`${control(field).id}-outside`)?.toggleAttribute("hidden", !isOutside);
  }

  function showCurl() {
    const form = find("predict-form");
    const quoted = (text) => `'${text.replaceAll("'", `'\\''`)}'`;
    const header = form.dataset.keyed === undefined ? "" : ' -H "X-API-Key: $API_KEY"';
    find("curl").textContent =
      `curl -X POST ${quoted(address(form.dataset.route))}${header} -H 'Content-Type: application/json' ` +
      `-d ${quoted(JSON.stringify(readRow()))}`;
  }

  async function predict(event) {
    event.preventDefault();
    clearErrors();
    const button = find("predict");
    button.disabled = true;
    try {
      const response = await ask(find("predict-form").dataset.route, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify(readRow()),
      });
      const answer = await response.json();
      if (response.ok) showAnswer(answer);
      else showProblem(answer);
    } catch (error) {
      showProblem({ detail: `The service did not answer (${error.message}).` });
    } finally {
      button.disabled = false;
    }
  }

  function showAnswer(answer) {
    // A method that was edited may answer something else.
    find("prediction").textContent = "prediction" in answer ? String(answer.prediction) : JSON.stringify(answer);
    const version = answer.model_version;
    find("answer-version").textContent = version === undefined ? "" : `by version ${version}`;
    const all = Object.entries(answer.probabilities ?? {}).sort((a, b) => b[1] - a[1]);
    find("probabilities").replaceChildren(...all.slice(0, MAX_BARS).map(([label, share]) => makeBar(label, share)));
    if (all.length > MAX_BARS) {
      const rest = document.createElement("li");
      rest.textContent = `and ${all.length - MAX_BARS} classes that are less probable`;
      find("probabilities").append(rest);
    }
    find("answer").hidden = false;
  }

  function makeBar(label, share) {
    const item = document.createElement("li");
    const parts = ["label", "bar", "share"].map((name) => {
      const part = document.createElement(name === "label" ? "bdi" : "span");
      part.className = name;
      return part;
    });
    parts[0].textContent = label;
    parts[1].append(document.createElement("span"));
    parts[1].firstChild.style.width = `${100 * share}%`;
    parts[1].setAttribute("aria-hidden", "true");
    parts[2].textContent = `${(100 * share).toFixed(1)} %`;
    item.append(...parts);
    return item;
  }

  function clearErrors() {
    find("form-error").textContent = "";
    find("answer").hidden = true;
    for (const field of fields()) {
      const input = control(field);
      input.removeAttribute("aria-invalid");
      find(`${input.id}-error`).hidden = true;
    }
  }

  function showProblem(problem) {
    const others = [];
    let first = null;
    const byName = new Map(fields().map((field) => [JSON.parse(field.dataset.name), field]));
    for (const { field, message } of problem.errors ?? []) {
      const found = byName.get(field);
      if (!found) {
        others.push(`${field}: ${message}`);
        continue;
      }
      const input = control(found);
      input.setAttribute("aria-invalid", "true");
      const line = find(`${input.id}-error`);
      line.textContent = message;
      line.hidden = false;
      showField(input);
      first ??= input;
    }
    const said = problem.detail || problem.title || "The service refused the row.";
    find("form-error").textContent = [said, ...others].join(" ");
    first?.focus();
  }

  function showField(input) {
    input.closest("details")?.setAttribute("open", "");
  }

  async function loadChoices(input) {
    if (input.dataset.choices) return;
    input.dataset.choices = "asked";
    try {
      const name = JSON.parse(input.closest(".field").dataset.name);
      const response = await ask(`page/choices?feature=${encodeURIComponent(name)}`);
      if (!response.ok) throw new Error(response.status);
      const choices = (await response.json()).map((choice) => {
        const option = document.createElement("option");
        option.value = choice;
        return option;
      });
      find(`${input.id}-list`).replaceChildren(...choices);
    } catch {
      input.dataset.choices = ""; // asked again when it is focused again
    }
  }

  async function copy() {
    const button = find("copy");
    try {
      await navigator.clipboard.writeText(find("curl").textContent);
      button.textContent = "Copied";
    } catch {
      getSelection().selectAllChildren(find("curl"));
      button.textContent = "Selected";
    }
    setTimeout(() => (button.textContent = "Copy"), 2000);
  }

  // Inputs now ---------------------------------------------------------------------------------

  async function refresh() {
    const body = find("inputs-body");
    if (body && !document.hidden) {
      try {
        const response = await ask("page/drift");
        if (!response.ok) throw new Error(`status ${response.status}`);
        const same = response.headers.get("X-Model-Digest") === root.dataset.digest;
        if (same && !body.contains(document.activeElement)) showInputs(body, await response.text());
        find("inputs-failure").textContent = "";
      } catch (error) {
        find("inputs-failure").textContent = `These figures cannot be refreshed (${error.message}).`;
      }
    }
    const many = document.querySelectorAll("#inputs-body tr").length > MANY_FEATURES;
    setTimeout(refresh, many ? SLOW_REFRESH_MS : REFRESH_MS);
  }

  function showInputs(body, html) {
    body.innerHTML = html; // made by the service, with every name escaped
    const found = body.firstElementChild.dataset;
    const summary = find("inputs-summary");
    summary.dataset.state = found.state;
    summary.querySelector("dd").textContent = found.summary;
  }

  // The key ------------------------------------------------------------------------------------

  async function takeKey(event) {
    event.preventDefault();
    const input = find("key");
    key = input.value;
    const problem = await showContent();
    if (problem) {
      key = "";
      find("key-error").textContent = problem;
      input.setAttribute("aria-invalid", "true");
      input.focus();
    }
  }

  async function showContent() {
    try {
      const response = await ask("page/content");
      if (response.status === 401) return "This key is not valid here.";
      if (!response.ok) return `The service answered with status ${response.status}.`;
      find("main").innerHTML = await response.text(); // as above
    } catch (error) {
      return `The service cannot be asked (${error.message}).`;
    }
    const shown = find("content").dataset;
    root.dataset.digest = shown.digest;
    document.title = shown.title;
    find("release-notice").hidden = true;
    prepare();
    find("main").focus();
    return "";
  }

  // Start --------------------------------------------------------------------------------------

  function prepare() {
    for (const button of document.querySelectorAll("[data-enabled-by-script]")) button.disabled = false;
    const form = find("predict-form");
    if (!form) return;
    form.addEventListener("submit", predict);
    form.addEventListener("input", update);
    form.addEventListener("invalid", (event) => showField(event.target), true);
    form.addEventListener("focusin", (event) => {
      if (event.target.dataset.choices !== undefined) loadChoices(event.target);
    });
    find("example").addEventListener("click", fillExample);
    find("copy").addEventListener("click", copy);
    update();
  }

  find("reload").addEventListener("click", reload);
  find("key-form")?.addEventListener("submit", takeKey);
  prepare();
  setTimeout(refresh, REFRESH_MS);
})();
