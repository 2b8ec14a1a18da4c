"""Words that rows of this room can be in, as enums. Pure but for Django's choices; knows no model."""

from django.db.models import TextChoices


class StudentSource(TextChoices):
    FOLDER = "folder", "Folder on the training host"
    HUB = "hub", "Hugging Face hub"
    DEMO = "demo", "Comes with the product"


class Method(TextChoices):
    """Part of a student that is tuned."""

    LORA = "lora", "LoRA"
    FULL = "full", "Full fine-tuning"


class RunPurpose(TextChoices):
    """Purpose of a run: a miniature to use, or one cell of a study or a sweep, which only that one's page lists."""

    MINIATURE = "miniature", "A miniature"
    STUDY = "study", "A study"
    SWEEP = "sweep", "A sweep"


class Device(TextChoices):
    AUTO = "auto", "GPU where there is one, else CPU"
    CPU = "cpu", "CPU"
    CUDA = "cuda", "GPU"


class SweepCellState(TextChoices):
    """Progress of a cell of a sweep. `LEFT_OUT`: the budget did not reach it."""

    OPEN = "open", "Not begun"
    QUEUED = "queued", "In the queue"
    TRAINING = "training", "Training"
    PAUSED = "paused", "Paused"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"
    LEFT_OUT = "left_out", "Left out"


class ExportFormat(TextChoices):
    """Format that a miniature can be written in, beside the files its run left."""

    MERGED = "merged", "Merged safetensors"
    GGUF_F16 = "gguf-f16", "GGUF, 16 bits"
    GGUF_Q8 = "gguf-q8", "GGUF, 8 bits"
    GGUF_Q5 = "gguf-q5", "GGUF, 5 bits"
    GGUF_Q4 = "gguf-q4", "GGUF, 4 bits"


class SampleOf(TextChoices):
    """Rows that a sample is drawn from. All but the first are for studies alone: nobody found their texts fit.

    `RAW` are no rows of a version: they are the unjudged drafts that were frozen beside it.
    """

    ACCEPTED_OR_EDITED = "golds", "accepted and edited texts"
    ACCEPTED = "accepted", "drafts that were accepted as they were"
    WRITTEN = "written", "drafts as the teacher wrote them, regardless of the verdict"
    LONGEST = "longest", "the longest drafts as the teacher wrote them"
    RAW = "raw", "unjudged drafts, as the teacher wrote them"
