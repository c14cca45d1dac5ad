"""`digest`: the commands, in the order in which a new admin meets them."""

from digest.cli import (
    deliveries,
    demo,
    doctor,
    events,
    feeds,
    import_,
    init,
    interests,
    preview,
    run,
    send_test,
    serve,
    status,
    subscribers,
    why,
)
from digest.cli.common import typer_app

app = typer_app("Turns stored news events into digests and alerts for each reader.")

app.command("init")(init.init)
app.command("import")(import_.import_)
app.add_typer(feeds.app, name="feeds")
app.add_typer(events.app, name="events")
app.add_typer(interests.app, name="interests")
app.add_typer(subscribers.app, name="subscribers")
app.command("preview")(preview.preview)
app.command("run")(run.run)
app.command("send-test")(send_test.send_test)
app.command("serve")(serve.serve)
app.command("why")(why.why)
app.command("deliveries")(deliveries.deliveries)
app.command("status")(status.status)
app.command("doctor")(doctor.doctor)
app.command("demo")(demo.demo)
