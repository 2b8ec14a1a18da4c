"""What a lead fills in to make a campaign of two mails."""

FORM = {
    "name": "Summer outreach", "sender": "nora", "segment": " everyone", "arm_1_name": "A", "arm_1_teacher": "offline",
    "arm_1_weight": "1", "step_1_writer": "model", "step_2_writer": "template", "has_step_2": "on",
    "step_2_wait_days": "0.5", "step_2_subject": "Again",
    "step_2_body": "Hi {{contact.first_name}}, see {{link.demo}}.", "links": "demo https://tidewell.example/demo",
    "approval": "sample", "sample_share": "10", "max_model_usd": "2", "mails_per_minute": "60", "daily_cap": "100",
    "quiet_from": "0", "quiet_until": "0", "time_zone": "Europe/Berlin",
}  # fmt: skip
