"""Parse untrusted incoming mails: bounces, complaints, automatic replies, replies. Pure Python."""
