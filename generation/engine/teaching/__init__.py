"""What rejections and edits teach a task: counted, or told by a teacher. Pure; knows no row and no provider."""
