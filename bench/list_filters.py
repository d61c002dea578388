"""Every filter that the queue's and the log's lists offer, with values that find much, little and nothing."""

import datetime

QUEUE_SORTS = ("created_at", "next_attempt_at", "last_attempt_at", "attempts", "email")
LOG_SORTS = ("attempted_at",)
DAY = datetime.timedelta(days=1)
HOUR = datetime.timedelta(hours=1)


def stamp(at):
    return at.strftime("%Y-%m-%dT%H:%M:%S.000Z")


def between(name, begin, end):
    return [(name + "_from", stamp(begin)), (name + "_to", stamp(end))]


def queue_filters(some, now):
    """Name and query of each; `some` is a row of the list."""
    domain = some["email"].partition("@")[2]
    filters = {"none": [], "email exact": [("email", some["email"])], "email prefix, few": [("email", "user12345*")],
               "email prefix, many": [("email", "user1*")], "email domain": [("email", "*@" + domain)],
               "email domain, most": [("email", "*@d1.example")], "message_id": [("message_id", some["message_id"])]}
    for status in ("queued", "scheduled", "sending", "deferred", "held", "unknown"):
        filters["status " + status] = [("status", status)]
    filters.update({
        "status held or unknown": [("status", "held"), ("status", "unknown")],
        "subject": [("subject", "invoice 777")], "subject, none": [("subject", "no such subject")],
        "reason": [("reason", "greylisted")], "reason_class": [("reason_class", "throttle")],
        "connection_id": [("connection_id", 2)], "lane": [("lane", "bulk")], "lane, none": [("lane", "no-such")],
        "tag": [("tag", "rare")], "submitted_by": [("submitted_by", "key:3")], "attempts": [("attempts", 8)],
        "attempts from": [("attempts_from", 5)],
        "created_at, a minute": between("created_at", now - DAY, now - DAY + datetime.timedelta(minutes=1)),
        "created_at, a day": between("created_at", now - 1.5 * DAY, now - 0.5 * DAY),
        "next_attempt_at, an hour": between("next_attempt_at", now + DAY, now + DAY + HOUR),
        "next_attempt_at, ten seconds": between("next_attempt_at", now + DAY, now + DAY + HOUR / 360),
        "last_attempt_at, a day": between("last_attempt_at", now - DAY, now),
        "last_attempt_at, a second": between("last_attempt_at", now - 2 * HOUR, now - 2 * HOUR + HOUR / 3600),
        "status, lane and domain": [("status", "deferred"), ("lane", "transactional"), ("email", "*@d3.example")],
        "status and subject": [("status", "held"), ("subject", "password")],
    })
    return filters


def log_filters(some, now):
    """Name and query of each; `some` is a row of the list."""
    domain = some["email"].partition("@")[2]
    filters = {"none": [], "email exact": [("email", some["email"])], "email prefix, few": [("email", "user12345*")],
               "email prefix, many": [("email", "user1*")], "email domain": [("email", "*@" + domain)],
               "email domain, most": [("email", "*@d1.example")], "message_id": [("message_id", some["message_id"])],
               "active_queue_id": [("active_queue_id", some["active_queue_id"])]}
    for status in ("in_progress", "success", "fail"):
        filters["status " + status] = [("status", status)]
    filters.update({
        "subject": [("subject", "invoice 777")], "subject, none": [("subject", "no such subject")],
        "reason": [("reason", "mailbox")], "reason_class": [("reason_class", "policy")],
        "connection_id": [("connection_id", 2)], "connection_id, none": [("connection_id", 77)],
        "lane": [("lane", "bulk")], "lane, none": [("lane", "no-such")],
        "reply_code": [("reply_code", 554)], "reply_code, none": [("reply_code", 421)],
        "attempted_at, a minute": between("attempted_at", now - 40 * DAY, now - 40 * DAY + HOUR / 60),
        "attempted_at, a month": between("attempted_at", now - 40 * DAY, now - 10 * DAY),
        "status and connection_id": [("status", "fail"), ("connection_id", 2)],
        "status, domain and month": [("status", "fail"), ("email", "*@d3.example"),
                                     *between("attempted_at", now - 40 * DAY, now - 10 * DAY)],
    })
    return filters
