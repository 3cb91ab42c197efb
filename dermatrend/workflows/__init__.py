"""What the app, the command line and the tests call: every use of the store and the measurement.

Each function takes the workspace and the actor, asks the policy table first, and gives frozen records back.
"""

from __future__ import annotations

from dermatrend.records import LOCAL_ACTOR
from dermatrend.storage.results import StoredPicture
from dermatrend.workflows.cards import card_reading, forget_card, read_card
from dermatrend.workflows.comparing import (
    Progress,
    StoredComparison,
    compare_sessions,
    track_progress,
)
from dermatrend.workflows.looking import PhotoReceipt, Upload
from dermatrend.workflows.own_noise import Repeats, StoredStudy, repeatability_of, studies
from dermatrend.workflows.people import (
    EraseReceipt,
    change_course,
    course,
    courses,
    create_course,
    create_person,
    erase_person,
    people,
    person,
    rename_person,
)
from dermatrend.workflows.photos import photo_analysis
from dermatrend.workflows.repeating import StudyReceipt, remove_study, run_repeatability
from dermatrend.workflows.reporting import ReportFiles, export_report
from dermatrend.workflows.samples import load_sample_course
from dermatrend.workflows.sessions import (
    SessionReceipt,
    add_session,
    edit_session,
    remove_session,
    sessions,
)
from dermatrend.workflows.viewing import photo_view, picture
from dermatrend.workflows.workspace import Workspace

__all__ = [
    "LOCAL_ACTOR",
    "EraseReceipt",
    "PhotoReceipt",
    "Progress",
    "Repeats",
    "ReportFiles",
    "SessionReceipt",
    "StoredComparison",
    "StoredPicture",
    "StoredStudy",
    "StudyReceipt",
    "Upload",
    "Workspace",
    "add_session",
    "card_reading",
    "change_course",
    "compare_sessions",
    "course",
    "courses",
    "create_course",
    "create_person",
    "edit_session",
    "erase_person",
    "export_report",
    "forget_card",
    "load_sample_course",
    "people",
    "person",
    "photo_analysis",
    "photo_view",
    "picture",
    "read_card",
    "remove_session",
    "remove_study",
    "rename_person",
    "repeatability_of",
    "run_repeatability",
    "sessions",
    "studies",
    "track_progress",
]
