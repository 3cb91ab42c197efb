"""The tables, as the newest migration leaves them (a test compares the two).

Every table below `persons` carries `person_id`, so that scoping and erasing need no long joins and a row
cannot outlive its person. Records that are read as a whole are kept as JSON text (`documents`).
"""

from __future__ import annotations

import sqlalchemy as sa

metadata = sa.MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_name)s",
    }
)

Id = sa.String(64)


def _person() -> sa.Column[str]:
    return sa.Column("person_id", Id, sa.ForeignKey("persons.id", ondelete="CASCADE"), nullable=False)


store = sa.Table(
    "store",
    metadata,
    # One row. The folder of the photos carries the same id: that is how a missing folder is noticed.
    sa.Column("id", Id, primary_key=True),
    sa.Column("created_at", sa.String(40), nullable=False),
)

persons = sa.Table(
    "persons",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("clinic_id", Id, nullable=False),
    sa.Column("label", sa.Text, nullable=False),
    sa.Column("note", sa.Text, nullable=False),
    sa.Column("origin", sa.String(64)),  # "sample" for the sample person, else empty
    sa.Column("created_at", sa.String(40), nullable=False),
    sa.UniqueConstraint("clinic_id", "origin"),
)

courses = sa.Table(
    "courses",
    metadata,
    sa.Column("id", Id, primary_key=True),
    _person(),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("plan", sa.Text, nullable=False),
    sa.Column("concerns", sa.Text, nullable=False),
    sa.Column("origin", sa.String(64)),
    sa.Column("created_at", sa.String(40), nullable=False),
    sa.Column("with_card", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.UniqueConstraint("person_id", "origin"),
)

sessions = sa.Table(
    "sessions",
    metadata,
    sa.Column("id", Id, primary_key=True),
    _person(),
    sa.Column("course_id", Id, sa.ForeignKey("courses.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("taken_on", sa.String(10), nullable=False),
    sa.Column("taken_on_source", sa.String(20), nullable=False),
    sa.Column("treatment", sa.Text),
    sa.Column("skin_state", sa.String(20)),
    sa.Column("note", sa.Text, nullable=False),
    sa.Column("created_at", sa.String(40), nullable=False),
)

photos = sa.Table(
    "photos",
    metadata,
    sa.Column("session_id", Id, sa.ForeignKey("sessions.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("sha256", sa.String(64), primary_key=True),
    sa.Column("course_id", Id, sa.ForeignKey("courses.id", ondelete="CASCADE"), nullable=False, index=True),
    _person(),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("format", sa.String(10), nullable=False),
    sa.Column("n_bytes", sa.Integer, nullable=False),
    sa.Column("width", sa.Integer, nullable=False),
    sa.Column("height", sa.Integer, nullable=False),
    sa.Column("facts", sa.Text, nullable=False),
    sa.Column("added_at", sa.String(40), nullable=False),
    sa.Column("card_corners", sa.Text),  # four [x, y]; empty where the photo is measured without a card
    # In a course a photo stands for one day only.
    sa.UniqueConstraint("course_id", "sha256", name="uq_photos_course_sha256"),
    sa.Index("ix_photos_person_sha256", "person_id", "sha256"),
)

analyses = sa.Table(
    "analyses",
    metadata,
    sa.Column("person_id", Id, sa.ForeignKey("persons.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("key", sa.String(64), primary_key=True),
    sa.Column("sha256", sa.String(64), nullable=False),
    sa.Column("method_version", sa.String(20), nullable=False),
    sa.Column("document", sa.Text, nullable=False),
)

comparisons = sa.Table(
    "comparisons",
    metadata,
    sa.Column("person_id", Id, sa.ForeignKey("persons.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("key", sa.String(64), primary_key=True),
    sa.Column("method_version", sa.String(20), nullable=False),
    sa.Column("document", sa.Text, nullable=False),
    sa.Column("created_at", sa.String(40), nullable=False),
)

pictures = sa.Table(
    "pictures",
    metadata,
    sa.Column("id", Id, primary_key=True),
    _person(),
    sa.Column("comparison_key", sa.String(64), nullable=False),
    sa.Column("name", sa.String(64), nullable=False),
    sa.Column("media_type", sa.String(32), nullable=False),
    sa.Column("width", sa.Integer, nullable=False),
    sa.Column("height", sa.Integer, nullable=False),
    sa.Column("colour_bar", sa.Text),
    sa.Index("ix_pictures_person_comparison", "person_id", "comparison_key"),
)

studies = sa.Table(
    "studies",
    metadata,
    sa.Column("id", Id, primary_key=True),
    _person(),
    sa.Column("course_id", Id, sa.ForeignKey("courses.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("taken_on", sa.String(10), nullable=False),
    sa.Column("taken_on_source", sa.String(20), nullable=False),
    sa.Column("created_at", sa.String(40), nullable=False),
)

study_photos = sa.Table(
    "study_photos",
    metadata,
    sa.Column("study_id", Id, sa.ForeignKey("studies.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("sha256", sa.String(64), primary_key=True),
    sa.Column("course_id", Id, sa.ForeignKey("courses.id", ondelete="CASCADE"), nullable=False),
    _person(),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("format", sa.String(10), nullable=False),
    sa.Column("n_bytes", sa.Integer, nullable=False),
    sa.Column("width", sa.Integer, nullable=False),
    sa.Column("height", sa.Integer, nullable=False),
    sa.Column("facts", sa.Text, nullable=False),
    sa.Column("added_at", sa.String(40), nullable=False),
    # In a course a shot counts once.
    sa.UniqueConstraint("course_id", "sha256", name="uq_study_photos_course_sha256"),
    sa.Index("ix_study_photos_person_sha256", "person_id", "sha256"),
)

study_results = sa.Table(
    "study_results",
    metadata,
    sa.Column("study_id", Id, sa.ForeignKey("studies.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("key", sa.String(64), primary_key=True),
    _person(),
    sa.Column("method_version", sa.String(20), nullable=False),
    sa.Column("document", sa.Text, nullable=False),
)

tombstones = sa.Table(
    "tombstones",
    metadata,
    # The random id of someone who was erased, and how much went with them: nothing of who it was.
    sa.Column("person_id", Id, primary_key=True),
    sa.Column("clinic_id", Id, nullable=False),
    sa.Column("erased_at", sa.String(40), nullable=False),
    sa.Column("counts", sa.Text, nullable=False),
    sa.Column("files_gone", sa.Boolean, nullable=False),
)
