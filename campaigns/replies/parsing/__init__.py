"""Mails that come in, read without trust: bounces, complaints, automatic answers, replies. Pure; knows no rows."""
