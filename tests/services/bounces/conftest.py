"""A newsroom whose mails come back."""

import pytest
from formats.reports import HEADERS
from newsroom import Newsroom

from digest.models import Delivery, Destination
from digest.models.words import DeliveryState
from digest.services.app import App
from digest.services.links import Bearer


class Returns(Newsroom):
    """Sends one mail after another, each to an address of its own, and knows what comes back."""

    def mail(self, reader: int) -> int:
        """A Delivery that was sent just now."""
        values = {"state": DeliveryState.SENT, "sent_at": self.now, "not_before": None}
        slot = f"digest:{self.now:%Y-%m-%dT%H:%M}"
        (number,) = self.deliveries_to_come(reader, at="@example.com", slot=slot, **values)
        return number

    def another(self, delivery: int, **columns: object) -> int:
        """A later mail to the same Destination."""
        with self.app.db.begin() as session:
            first = session.get_one(Delivery, delivery)
            row = Delivery(
                edition_id=first.edition_id,
                subscriber_id=first.subscriber_id,
                destination_id=first.destination_id,
                channel="email",
                slot=f"digest:{self.now:%Y-%m-%dT%H:%M:%S}",
                created_at=self.now,
                **{"state": DeliveryState.SENT, "sent_at": self.now} | columns,
            )
            session.add(row)
            session.flush()
            return row.id

    def destination(self, delivery: int) -> Destination:
        with self.app.db.read() as session:
            return session.get_one(Destination, session.get_one(Delivery, delivery).destination_id)

    def address(self, delivery: int) -> str:
        return self.destination(delivery).address

    def back(self, delivery: int) -> str:
        """Where a bounce of it goes."""
        return f"{self.app.returns.tag(delivery)}@bounce.example.org"

    def headers(self, delivery: int) -> str:
        """Of the mail as it comes back, with its signed link."""
        row = self.delivery(delivery)
        token = self.app.links.token(Bearer(row.id, row.subscriber_id, 0))
        link = f"<https://digest.example.org/r/{token}/unsubscribe>"
        return HEADERS.replace(
            "<https://digest.example.org/r/1ab-7-0.token/unsubscribe>", link
        ).replace("maria@example.com", self.address(delivery))


@pytest.fixture
def room(app: App) -> Returns:
    return Returns(app)
