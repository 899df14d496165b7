"""The signs and codes of currencies, as regular expressions."""

SIGNS = r"(?:US|A|C|R|HK|NZ|S)?[$¢£¤¥֏؋৲৳฿₠-⃀]"
"""A sign, which may name the country of a dollar."""

# The codes of the currencies that are traded most (BIS Triennial Survey 2022), but for those that
# are words, and an abbreviation whose point leaves no doubt.
_CODES = (
    r"USD|EUR|JPY|GBP|CNY|AUD|CAD|CHF|HKD|SGD|SEK|KRW|NOK|NZD|INR|MXN|TWD|ZAR|BRL|DKK|PLN|THB|ILS"
    r"|IDR|CZK|AED|HUF|MYR|Rs\."
)
_DOUBTFUL = r"TRY|CLP|SAR|PHP|COP|RUB|RON|PEN|BHD|BGN|ARS|kr\.?|zł|Kč|Fr\.?|Rs"

CURRENCY = rf"(?:{SIGNS}|{_CODES})"
"""What is a currency beside any number."""

ANY_CURRENCY = rf"(?:{SIGNS}|{_CODES}|{_DOUBTFUL})"
"""Also what may as well begin a code (PEN2) or be a unit: not a currency beside every number."""
