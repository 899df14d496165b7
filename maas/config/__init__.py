"""The two YAML files as frozen strict types. Every entry point starts here.

- `reading`         a file, its overrides and the environment, to one of the types
- `train_config`    configs/train_config.yaml: one training run
- `service_config`  configs/service_config.yaml: how to serve
- `yaml_file`       YAML, read strictly
- `explanation`     what is wrong with a config, as key, value and remedy
- `paths`           the project's folder, and the folders that a config names
"""
