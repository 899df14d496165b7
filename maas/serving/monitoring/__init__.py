"""What is counted, and how workers' counts become one text for Prometheus.

- `request_metrics`  requests: how many, how long, what was wrong with them
- `model_metrics`    what the model answered, and rows unlike the training rows
"""
