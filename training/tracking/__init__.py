"""Runs' figures for other people's trackers: TensorBoard's event files and MLflow. Their packages are optional."""
