"""Gone: who is no longer there, and all that is theirs.

The database takes along what there is little of. Slots and Deliveries have no key to their reader:
its check would take as long as the row itself.
"""

from sqlalchemy import delete
from sqlalchemy.orm import Session

from digest.models import Delivery, Destination, Slot, Subscriber
from digest.store.deliveries import of_subscriber


def subscriber(session: Session, subscriber_id: int) -> None:
    """Deletes one whose row this transaction has locked: nobody plans anything for them
    meanwhile."""
    for one in (
        delete(Delivery).where(of_subscriber(subscriber_id)),
        delete(Slot).where(Slot.subscriber_id == subscriber_id),
        delete(Subscriber).where(Subscriber.id == subscriber_id),
    ):
        session.execute(one.execution_options(synchronize_session=False))


def destination(session: Session, one: Destination) -> None:
    """Deletes a Destination with all that went there, or was to go."""
    session.execute(
        delete(Delivery)
        .where(Delivery.destination_id == one.id)
        .execution_options(synchronize_session=False)
    )
    session.delete(one)
