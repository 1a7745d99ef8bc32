"""No list of words that wait for the index: every search read it whole, with 300 lessons on it eight times as long as without."""

from alembic import op

revision = "0011"
down_revision = "0010"

_INDEX = "search_documents_words_idx"


def upgrade() -> None:
    op.execute(f"ALTER INDEX {_INDEX} SET (fastupdate = off)")
    op.execute(f"SELECT gin_clean_pending_list('{_INDEX}')")


def downgrade() -> None:
    op.execute(f"ALTER INDEX {_INDEX} RESET (fastupdate)")
