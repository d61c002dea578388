"""What clients of SMTP submission may send, and what must come of it: the tables of test_submission_attacks.py."""

import base64
import itertools
import struct

from submission_client import ADDRESS, RUN, Case

LARGEST = 200_000  # limits.message_bytes of the server under test
RECIPIENTS = 1000

EHLO = b"EHLO client.example\r\n"
MAIL = b"MAIL FROM:<shop@example.org>\r\n"
RCPT = b"RCPT TO:<ann.%s@example.org>\r\n" % RUN
OPEN = MAIL + RCPT + b"DATA\r\n"
HEADER = b"Subject: hello\r\n\r\n"
END = b".\r\n"
MESSAGE = OPEN + HEADER + b"hello\r\n" + END
EVIL = (b"MAIL FROM:<evil@example.org>\r\nRCPT TO:<evil.%s@example.org>\r\nDATA\r\n" % RUN +
        b"Subject: evil\r\n\r\nevil\r\n" + END)
QUIT = b"QUIT\r\n"


def said(*lines):
    return b"".join(line.encode() + b"\r\n" for line in lines)


def opening(name, sent, codes, messages=0, **more):
    """From the greeting on."""
    return Case(name, sent, f"220 {codes}".strip(), messages, **more)


def case(name, sent, codes, messages=0, **more):
    """After EHLO."""
    return opening(name, EHLO + sent, f"250 {codes}".strip(), messages, **more)


def mail(name, sent, codes, messages=0, **more):
    """After MAIL."""
    return case(name, MAIL + sent, f"250 {codes}".strip(), messages, **more)


def content(name, sent, code, messages=0, **more):
    """The content of a message, without its end; then good-bye."""
    return case(name, OPEN + sent + END + QUIT, f"250 250 354 {code} 221", messages, **more)


def kept(name, sent, **more):
    return content(name, sent, 250, 1, **more)


def sized(octets):
    """A content of just that many octets, in lines of 100."""
    lines, rest = divmod(octets - len(HEADER), 100)
    return HEADER + (b"x" * 98 + b"\r\n") * (lines - 1) + b"x" * (98 + rest) + b"\r\n"


# ---- what must never be an end of the data -------------------------------------------------------------------------

NO_ENDS = {"LF.LF": b"\n.\n", "LF.CRLF": b"\n.\r\n", "CRLF.LF": b"\r\n.\n", "CR.CR": b"\r.\r", "CR.CRLF": b"\r.\r\n",
           "CRLF.CR": b"\r\n.\r", "CR.LF": b"\r.\n", "LF.CR": b"\n.\r", "CRCRLF.CRCRLF": b"\r\r\n.\r\r\n",
           "LFCR.LFCR": b"\n\r.\n\r", "CRLFCR.CRLF": b"\r\n\r.\r\n", "CRLF.CRCRLF": b"\r\n.\r\r\n",
           "LFLF.LFLF": b"\n\n.\n\n", "CRLF.LFCR": b"\r\n.\n\r"}
WITH_NUL = {"CRLF NUL.CRLF": b"\r\n\0.\r\n", "CRLF.NUL CRLF": b"\r\n.\0\r\n", "CR NUL LF.CRLF": b"\r\0\n.\r\n",
            "CRLF.CR NUL LF": b"\r\n.\r\0\n", "NUL CRLF NUL.NUL CRLF NUL": b"\0\r\n\0.\0\r\n\0"}
for label, ending in list(NO_ENDS.items())[:6]:
    WITH_NUL[f"NUL {label}"] = b"\0" + ending
    WITH_NUL[f"{label} NUL"] = ending + b"\0"
    WITH_NUL[f"{label} with NULs around the dot"] = ending.replace(b".", b"\0.\0")
INNOCENT = HEADER + b"innocent"
# What other systems may take for an end of line, and which is text here.
OTHER_ENDS = {"VT": b"\x0b", "FF": b"\x0c", "NEL": b"\x85", "NEL in UTF-8": b"\xc2\x85", "LS": b"\xe2\x80\xa8",
              "RS": b"\x1e", "EOF": b"\x1a"}


def smuggling():
    for label, ending in {**NO_ENDS, **WITH_NUL}.items():
        nul = b"\0" in ending
        cut = OPEN + INNOCENT + ending
        yield case(f"{label} in mid-message", cut + EVIL + QUIT, "250 250 354 554 221")
        yield case(f"{label} in mid-message, to be normalised", cut + EVIL + QUIT,
                   f"250 250 354 {554 if nul else 250} 221", int(not nul), listener="normalise", tls=False)
        yield case(f"{label} at the end, then the client leaves", cut, "250 250 354")
        yield case(f"{label} before the true end", cut + b"\r\n" + END + QUIT, "250 250 354 554 221")
    for label, end in OTHER_ENDS.items():
        yield case(f"{label}.{label} in mid-message", OPEN + INNOCENT + end + b"." + end + EVIL + QUIT,
                   "250 250 354 250 221", 1)


# ---- the framing of messages ---------------------------------------------------------------------------------------

FRAMING = [
    content("bare LF in the header", b"Subject: a\nBcc: evil@example.org\r\n\r\nx\r\n", 554),
    content("bare CR in the header", b"Subject: a\rBcc: evil@example.org\r\n\r\nx\r\n", 554),
    content("bare LF instead of the empty line", b"Subject: a\r\n\nx\r\n", 554),
    content("bare LF in the body", HEADER + b"a\nb\r\n", 554),
    content("bare CR in the body", HEADER + b"a\rb\r\n", 554),
    content("only bare LF", b"Subject: a\n\nb\n\r\n", 554),
    content("CR CR LF", HEADER + b"a\r\r\n", 554),
    content("CR before the true end", HEADER + b"a\r\r\n", 554),
    content("NUL in the header", b"Subject: a\0b\r\n\r\nx\r\n", 554),
    content("NUL in the body", HEADER + b"a\0b\r\n", 554),
    content("NUL as the first byte", b"\0" + HEADER + b"x\r\n", 554),
    kept("bare LF in the header, normalised", b"Subject: a\nX-Other: b\r\n\r\nx\r\n", listener="normalise", tls=False),
    kept("bare CR in the body, normalised", HEADER + b"a\rb\r\n", listener="normalise", tls=False),
    content("NUL in the body, to be normalised", HEADER + b"a\0b\r\n", 554, listener="normalise", tls=False),
    content("header of one field with its name alone, normalised", b"Subject\nx\r\n", 550, listener="normalise",
            tls=False),
    kept("a line of a dot, stuffed", HEADER + b"..\r\n"),
    kept("a line that begins with a dot, stuffed", HEADER + b"..com\r\n"),
    kept("a line that begins with a dot, not stuffed", HEADER + b".com\r\n"),
    kept("a dot in mid-line", HEADER + b"a.\r\n"),
    kept("lines of three dots", HEADER + b"...\r\n...\r\n"),
    kept("the header begins with a stuffed dot", b"..odd: name\r\n\r\nx\r\n"),
    kept("a dot and a blank", HEADER + b". \r\n"),
    kept("no body", b"Subject: a\r\n"),
    kept("no body after the empty line", HEADER),
    kept("no header, only the empty line", b"\r\nbody\r\n"),
    kept("only the empty line", b"\r\n"),
    content("empty message", b"", 550),
    content("body without header", b"hello\r\nyou\r\n", 550),
    content("body without header that looks like one", b"see: below\r\nnothing\r\n", 550),
    content("continuation as the first line", b" folded\r\nSubject: a\r\n\r\nx\r\n", 550),
    content("field name with a blank", b"Sub ject: a\r\n\r\nx\r\n", 550),
    content("field without a name", b": a\r\n\r\nx\r\n", 550),
    kept("field name, blank, colon", b"Subject : a\r\n\r\nx\r\n"),
    kept("line of 998 bytes", HEADER + b"x" * 998 + b"\r\n"),
    content("line of 999 bytes", HEADER + b"x" * 999 + b"\r\n", 550),
    content("line of 100,000 bytes", HEADER + b"x" * 100_000 + b"\r\n", 550),
    content("header line of 999 bytes", b"Subject: " + b"x" * 990 + b"\r\n\r\nx\r\n", 550),
    kept("stuffed line of 998 bytes", HEADER + b".." + b"x" * 997 + b"\r\n"),
    kept("8-bit body", HEADER + b"gr\xc3\xbc\xc3\x9fe\r\n"),
    kept("8-bit body that is no UTF-8", HEADER + b"\xff\xfe\x80\r\n"),
    kept("8-bit header", b"Subject: gr\xc3\xbc\xc3\x9fe\r\n\r\nx\r\n"),
    kept("control characters in the body", HEADER + bytes(range(1, 10)) + b"\x0b\x0c\x0e\x7f\r\n"),
    kept("64 kB of lines", HEADER + (b"x" * 62 + b"\r\n") * 1024),
    kept("64 kB of stuffed dots", HEADER + (b".." + b"x" * 60 + b"\r\n") * 1024),
    kept("as large as SIZE says", sized(LARGEST)),
    content("one byte too large", sized(LARGEST + 1), 552),
    content("too large, with bare LF", HEADER + (b"x" * 98 + b"\n\r\n") * (LARGEST // 100), 552),
    case("too large, then one that fits", OPEN + HEADER + (b"x" * 98 + b"\r\n") * (LARGEST // 100) + END + MESSAGE,
         "250 250 354 552 250 250 354 250", 1),
    case("the client leaves after DATA", OPEN, "250 250 354"),
    case("the client leaves in the header", OPEN + b"Subject: a", "250 250 354"),
    case("the client leaves in the body", OPEN + HEADER + b"half of i", "250 250 354"),
    case("the client leaves before the dot", OPEN + HEADER + b"x\r\n", "250 250 354"),
    case("the client leaves after the dot", OPEN + HEADER + b"x\r\n.", "250 250 354"),
    case("the client leaves within the dot's CRLF", OPEN + HEADER + b"x\r\n.\r", "250 250 354"),
    case("the client leaves after the dot's CRLF", MESSAGE, "250 250 354 250", 1),
]


# ---- the dialogue --------------------------------------------------------------------------------------------------

DIALOGUE = [
    opening("nothing at all", b"", ""),
    opening("MAIL before EHLO", MAIL, "503"),
    opening("RCPT before EHLO", RCPT, "503"),
    opening("DATA before EHLO", b"DATA\r\n", "503"),
    opening("EHLO without a name", said("EHLO"), "501"),
    opening("EHLO with two names", said("EHLO a b"), "501"),
    opening("EHLO with a name that is too long", said("EHLO " + "a" * 300), "501"),
    opening("EHLO refused, then MAIL", said("EHLO") + MAIL, "501 503"),
    opening("EHLO with an address literal", said("EHLO [192.0.2.1]") + MESSAGE, "250 250 250 354 250", 1),
    opening("EHLO with odd characters", said("EHLO <script>;(x)\"") + MESSAGE, "250 250 250 354 250", 1),
    opening("HELO", said("HELO a") + MESSAGE, "250 250 250 354 250", 1),
    opening("HELO without a name", said("HELO"), "501"),
    opening("lower case", said("ehlo a", "mail from:<a@example.org>") + RCPT.lower() + said("data") + HEADER + END,
            "250 250 250 354 250", 1),
    opening("pipelined before the greeting", EHLO + MESSAGE + QUIT, "250 250 250 354 250 221", 1),
    opening("a PROXY header of a peer that is no proxy", b"\r\n\r\n\0\r\nQUIT\n\x21\x11\x00\x0c" + bytes(12) + EVIL,
            "500 500 500 500"),
    opening("a PROXY header, version 1, of a peer that is no proxy", said("PROXY TCP4 127.0.0.1 127.0.0.1 1 2") + EVIL,
            "500 503 503 503 500 500 500 500"),
    opening("HTTP", said("POST / HTTP/1.1", "Host: a", "Content-Length: 5", "") + b"EHLO ", "500 500 500 500"),
    opening("bytes of a TLS hello", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n", "500"),
    case("two messages", MESSAGE + MESSAGE, "250 250 354 250 250 250 354 250", 2),
    case("nested MAIL", MAIL + MAIL + RCPT, "250 503 250"),
    case("RCPT before MAIL", RCPT, "503"),
    case("DATA before MAIL", b"DATA\r\n", "503"),
    mail("DATA without a recipient", b"DATA\r\n", "554"),
    mail("DATA without a recipient, its message as commands", b"DATA\r\n" + HEADER + b"x\r\n.\r\n",
         "554 500 500 500 500"),
    mail("DATA after refused recipients", said("RCPT TO:<a@@b>", "DATA"), "501 554"),
    mail("RSET", said("RSET") + RCPT, "250 503"),
    mail("RSET after RCPT", RCPT + said("RSET", "DATA"), "250 250 503"),
    mail("RSET with an argument changes nothing", RCPT + said("RSET now", "DATA") + HEADER + END,
         "250 501 354 250", 1),
    mail("EHLO ends a transaction", RCPT + EHLO + b"DATA\r\n", "250 250 503"),
    mail("HELO ends a transaction", RCPT + said("HELO a", "DATA"), "250 250 503"),
    mail("EHLO that is refused ends none", RCPT + said("EHLO", "DATA") + HEADER + END, "250 501 354 250", 1),
    mail("NOOP within a transaction", RCPT + said("NOOP", "NOOP with words", "DATA") + HEADER + END,
         "250 250 250 354 250", 1),
    mail("VRFY, HELP within a transaction", RCPT + said("VRFY ann", "HELP", "HELP MAIL", "DATA") + HEADER + END,
         "250 252 214 214 354 250", 1),
    mail("QUIT within a transaction", RCPT + QUIT + b"DATA\r\n", "250 221"),
    mail("DATA with an argument", RCPT + said("DATA now", "DATA") + HEADER + END, "250 501 354 250", 1),
    case("QUIT with an argument", said("QUIT now", "QUIT"), "501 221"),
    case("commands after QUIT", QUIT + MESSAGE, "221"),
    case("EXPN", said("EXPN all"), "502"),
    case("unknown verbs", said("TURN", "ETRN a", "XFORWARD NAME=a", "XCLIENT ADDR=127.0.0.1", "BDAT 5 LAST"),
         "500 500 500 500 500"),
    case("BDAT's chunk is read as commands, and spoils them", MAIL + RCPT + said("BDAT 5 LAST") + b"hello" + QUIT,
         "250 250 500 500"),
    case("an empty line", said("") + MAIL, "500 250"),
    case("a line of blanks", said("   ", "NOOP"), "500 250"),
    case("a blank before the verb", said(" NOOP"), "500"),
    case("a tab after the verb", said("NOOP\tx", "MAIL\tFROM:<a@example.org>"), "500 500"),
    case("a blank at the end", said("NOOP ", "MAIL FROM:<a@example.org> "), "250 250"),
    case("verbs with a tail", said("MAILX FROM:<a@example.org>", "QUITE", "DATAX"), "500 500 500"),
    case("20 unknown verbs", said(*["GUESS"] * 30), " ".join(["500"] * 20 + ["421"])),
    case("100 commands without mail", said(*["NOOP"] * 150), " ".join(["250"] * 99 + ["421"])),
    case("a bare LF ends no command", b"NOOP\nNOOP\r\n" + MESSAGE, "500"),
    case("a bare LF within the pipeline", MAIL + b"RSET\n" + MESSAGE, "250 500"),
    case("a bare CR within a command", b"NOOP a\rMAIL FROM:<evil@example.org>\r\n", "500"),
    case("CR CR LF after a command", b"NOOP\r\r\n" + said("NOOP"), "500 250"),
    case("LF CR after a command", b"NOOP\n\r" + MESSAGE, "500"),
    case("NUL in a command", b"NO\0OP\r\nNOOP\r\n", "500 250"),
    case("NUL in a path", b"MAIL FROM:<a\0@example.org>\r\n", "500"),
    case("NUL after the CR of a command", b"NOOP\r\0\nNOOP\r\n", "500"),
    case("8-bit in a command", b"NOOP \xff\r\n\xc3\xa9HLO a\r\nNOOP\r\n", "500 500 250"),
    case("8-bit in EHLO", b"EHLO caf\xc3\xa9\r\n", "500"),
    case("escapes in a command", b"NOOP \x1b[31m\r\nNOOP\x7f\r\n", "500 500"),
    case("a command of 4,096 bytes", said("NOOP " + "x" * (4096 - 7)), "250"),
    case("a command of 4,097 bytes", said("NOOP " + "x" * (4097 - 7), "NOOP"), "500 250"),
    case("a command of 16,384 bytes", said("NOOP " + "x" * (16384 - 7), "NOOP"), "500 250"),
    case("a command of 200,000 bytes", b"x" * 200_000 + b"\r\n" + said("NOOP"), "500 250"),
    case("a command without an end", b"x" * 400_000, "500"),
    case("a long command that ends in a bare LF", b"NOOP " + b"x" * 5000 + b"\n" + MESSAGE, "500"),
    case("a longer command that ends in a bare LF", b"NOOP " + b"x" * 50_000 + b"\n" + MESSAGE, "500"),
    case("half a command", b"MAIL FROM:<a@exam", ""),
    case("a command without its LF", b"NOOP\r", ""),
    case("STARTTLS with an argument", said("STARTTLS now"), "501", tls=False),
    case("STARTTLS under TLS", said("STARTTLS"), "503", listener="smtps"),
    case("AUTH where mail is taken without", said("AUTH NTLM"), "504"),
]


# ---- MAIL and RCPT -------------------------------------------------------------------------------------------------

def sender(name, path, code, **more):
    return case(name, b"MAIL FROM:" + path + b"\r\n", str(code), **more)


def recipient(name, path, code, **more):
    return mail(name, b"RCPT TO:" + path + b"\r\n", str(code), **more)


LONG = b"x" * 64 + b"@" + b".".join([b"y" * 60] * 3)

PATHS = [
    sender("null sender", b"<>", 250),
    sender("null sender of a blank", b"< >", 501),
    sender("a blank after the colon", b" <a@example.org>", 250),
    sender("two blanks after the colon", b"  <a@example.org>", 501),
    sender("no brackets", b"a@example.org", 501),
    sender("one bracket", b"<a@example.org", 501),
    sender("brackets twice", b"<<a@example.org>>", 501),
    sender("something after the bracket", b"<a@example.org>x", 501),
    sender("two paths", b"<a@example.org><b@example.org>", 501),
    sender("two paths, a blank between", b"<a@example.org> <b@example.org>", 555),
    sender("no domain", b"<postmaster>", 501),
    sender("no local part", b"<@example.org>", 501),
    sender("two @", b"<a@b@example.org>", 501),
    sender("a blank in the path", b"<a b@example.org>", 501),
    sender("a comment", b"<a(x)@example.org>", 501),
    sender("two dots", b"<a..b@example.org>", 501),
    sender("a dot last", b"<a.@example.org>", 501),
    sender("empty label", b"<a@example..org>", 501),
    sender("hyphen first", b"<a@-example.org>", 501),
    sender("label of 64", b"<a@" + b"x" * 64 + b".org>", 501),
    sender("quoted local part", b'<"a b"@example.org>', 250),
    sender("quoted local part with an @", b'<"a@b"@example.org>', 250),
    sender("quoted local part with a bracket", b'<"a>b"@example.org>', 250),
    sender("quoted local part with escapes", b'<"a\\"b\\\\"@example.org>', 250),
    sender("quotes that do not end", b'<"a@example.org>', 501),
    sender("quotes in mid-word", b'<a"b"c@example.org>', 501),
    sender("an escape outside quotes", b"<a\\@b@example.org>", 501),
    sender("IPv4 literal", b"<a@[192.0.2.1]>", 250),
    sender("IPv6 literal", b"<a@[IPv6:2001:db8::1]>", 250),
    sender("IPv6 literal without its tag", b"<a@[2001:db8::1]>", 501),
    sender("literal that is none", b"<a@[300.1.1.1]>", 501),
    sender("literal that does not end", b"<a@[192.0.2.1>", 501),
    sender("literal of another kind", b"<a@[x400:c=de]>", 501),
    sender("local part of 64", b"<" + LONG[:64] + b"@example.org>", 250),
    sender("local part of 65", b"<x" + LONG[:64] + b"@example.org>", 501),
    sender("path of 247", b"<" + LONG + b">", 250),
    sender("path of 300", b"<" + LONG + b".z" * 27 + b">", 501),
    sender("path of 3,000", b"<" + b"x" * 3000 + b"@example.org>", 501),
    sender("source route", b"<@a.example,@b.example:c@example.org>", 250),
    sender("source route without its path", b"<@a.example:>", 501),
    sender("source route of 3,000", b"<@" + b"a.example,@" * 270 + b"b.example:c@example.org>", 501),
    sender("source route that is no route", b"<@:c@example.org>", 250),
    sender("a domain as a path", b"<example.org>", 501),
    sender("TO instead of FROM", b"", 501),
    sender("8-bit without SMTPUTF8", b"<j\xc3\xbcrgen@example.org>", 553),
    sender("8-bit with SMTPUTF8", b"<j\xc3\xbcrgen@example.org> SMTPUTF8", 250),
    sender("8-bit domain with SMTPUTF8", b"<a@b\xc3\xbccher.example> SMTPUTF8", 250),
    sender("bytes that are no UTF-8", b"<j\xfcrgen@example.org> SMTPUTF8", 501),
    sender("overlong UTF-8", b"<a\xc0\xafb@example.org> SMTPUTF8", 501),
    sender("SMTPUTF8 with a value", b"<a@example.org> SMTPUTF8=yes", 555),
    sender("SMTPUTF8 in lower case", b"<j\xc3\xbcrgen@example.org> smtputf8", 250),
    sender("SIZE", b"<a@example.org> SIZE=100", 250),
    sender("SIZE in lower case", b"<a@example.org> size=100", 250),
    sender("SIZE 0", b"<a@example.org> SIZE=0", 250),
    sender("SIZE at the limit", b"<a@example.org> SIZE=%d" % LARGEST, 250),
    sender("SIZE over the limit", b"<a@example.org> SIZE=%d" % (LARGEST + 1), 552),
    sender("SIZE beyond 64 bits", b"<a@example.org> SIZE=" + b"9" * 40, 552),
    sender("SIZE below zero", b"<a@example.org> SIZE=-1", 501),
    sender("SIZE with a plus", b"<a@example.org> SIZE=+1", 501),
    sender("SIZE in hexadecimal", b"<a@example.org> SIZE=0x10", 501),
    sender("SIZE of nothing", b"<a@example.org> SIZE=", 501),
    sender("SIZE without a value", b"<a@example.org> SIZE", 555),
    sender("SIZE twice, the second too large", b"<a@example.org> SIZE=1 SIZE=99999999", 552),
    sender("BODY=7BIT", b"<a@example.org> BODY=7BIT", 250),
    sender("BODY=8BITMIME", b"<a@example.org> Body=8BitMime", 250),
    sender("BODY=BINARYMIME", b"<a@example.org> BODY=BINARYMIME", 501),
    sender("BODY of nothing", b"<a@example.org> BODY=", 501),
    sender("AUTH=<>", b"<a@example.org> AUTH=<>", 250),
    sender("RET and ENVID, not offered", b"<a@example.org> RET=HDRS ENVID=x", 555),
    sender("unknown parameter", b"<a@example.org> X=1", 555),
    sender("three blanks between parameters", b"<a@example.org>   SIZE=1   BODY=7BIT", 250),
    case("SIZE that is larger than the message", said("MAIL FROM:<a@example.org> SIZE=100000") + RCPT + b"DATA\r\n" +
         HEADER + END, "250 250 354 250", 1),
    case("SIZE that is smaller than the message", said("MAIL FROM:<a@example.org> SIZE=1") + RCPT + b"DATA\r\n" +
         HEADER + b"x" * 900 + b"\r\n" + END, "250 250 354 250", 1),
    case("SIZE that lies about a message too large", said("MAIL FROM:<a@example.org> SIZE=1") + RCPT + b"DATA\r\n" +
         HEADER + (b"x" * 98 + b"\r\n") * (LARGEST // 100) + END + said("NOOP"), "250 250 354 552 250"),
    case("RCPT after a refused MAIL", said(f"MAIL FROM:<a@example.org> SIZE={LARGEST + 1}") + RCPT + b"DATA\r\n",
         "552 503 503"),
    case("BODY=7BIT, and 8-bit all the same", said("MAIL FROM:<a@example.org> BODY=7BIT") + RCPT + b"DATA\r\n" +
         HEADER + b"\xc3\xbc\r\n" + END, "250 250 354 250", 1),
    case("MAIL alone", said("MAIL"), "501"),
    case("MAIL TO", said("MAIL TO:<a@example.org>"), "501"),
    case("MAIL without a colon", said("MAIL FROM <a@example.org>"), "501"),
    recipient("null recipient", b"<>", 501),
    recipient("recipient without a domain", b"<postmaster>", 501),
    recipient("recipient without brackets", b"a@example.org", 501),
    recipient("recipient with a parameter", b"<a@example.org> NOTIFY=NEVER", 555),
    recipient("recipient with a source route", b"<@a.example:b@example.org>", 250),
    recipient("recipient with a route and no path", b"<@a.example:>", 501),
    recipient("recipient as a quoted string", b'<"a b"@example.org>', 250),
    recipient("recipient of another host, with a percent", b"<a%b.example@example.org>", 250),
    recipient("recipient with a bang", b"<b!a@example.org>", 250),
    recipient("8-bit recipient without SMTPUTF8", b"<j\xc3\xbcrgen@example.org>", 553),
    recipient("recipient of 3,000", b"<" + b"x" * 3000 + b"@example.org>", 501),
    recipient("RCPT FROM", b"", 501),
    case("8-bit recipient with SMTPUTF8", said("MAIL FROM:<a@example.org> SMTPUTF8") +
         b"RCPT TO:<j\xc3\xbcrgen.%s@example.org>\r\nDATA\r\n" % RUN + HEADER + END, "250 250 354 250", 1),
    mail("one recipient good, one bad", said("RCPT TO:<a@@>") + RCPT + b"DATA\r\n" + HEADER + END,
         "501 250 354 250", 1),
    mail("the same recipient twice", RCPT + RCPT + b"DATA\r\n" + HEADER + END, "250 250 354 250", 1),
    mail("one recipient too many", b"".join(b"RCPT TO:<%d.%s@example.org>\r\n" % (n, RUN)
                                            for n in range(RECIPIENTS + 1)) + b"DATA\r\n" + HEADER + END,
         " ".join(["250"] * RECIPIENTS + ["452", "354", "250"]), 1),
    mail("100 bad recipients, then a good one", said(*["RCPT TO:<a@@>"] * 100) + RCPT + b"DATA\r\n" + HEADER + END,
         " ".join(["501"] * 100 + ["250", "354", "250"]), 1),
    mail("RCPT without MAIL after a refused message", RCPT + b"DATA\r\n" + HEADER + b"a\nb\r\n" + END + RCPT +
         b"DATA\r\n", "250 354 554 503 503"),
    mail("RCPT without MAIL after an accepted message", RCPT + b"DATA\r\n" + HEADER + END + RCPT, "250 354 250 503", 1),
]


# ---- AUTH, and what comes from behind a proxy ----------------------------------------------------------------------

def b64(*parts):
    return base64.b64encode(b"\0".join(part.encode() for part in parts)).decode()


def proxy(address=ADDRESS, command=0x21, family=None, rest=b"", length=None):
    """A PROXY header, version 2."""
    if family is None:
        family = 0x11 if len(address) == 4 else 0x21
    body = address + address + struct.pack("!HH", 40000, 25) + rest
    size = len(body) if length is None else length
    return b"\r\n\r\n\0\r\nQUIT\n" + struct.pack("!BBH", command, family, size) + body


STRANGER = bytes((203, 0, 113, 7))
STRANGER6 = bytes.fromhex("20010db8000000000000000000000007")
LOOPBACK6 = bytes(15) + b"\x01"
LOOPBACK_MAPPED = bytes(10) + b"\xff\xff\x7f\x00\x00\x01"
NO_PROXY = [  # what a proxy must not begin with: nothing is said, and the connection ends
    ("version 1", said("PROXY TCP4 127.0.0.1 127.0.0.1 1 2")),
    ("half a header", proxy()[:20]),
    ("half a signature", proxy()[:8]),
    ("another signature", proxy().replace(b"QUIT", b"QUIZ")),
    ("version 3", proxy(command=0x31)),
    ("an unknown command", proxy(command=0x22)),
    ("a header that is too long", proxy(length=2049) + bytes(3000)),
    ("a header of 65,535 bytes", proxy(length=65535) + bytes(70000)),
    ("a header too short for IPv4", proxy(length=11)),
    ("a header too short for IPv6", proxy(STRANGER6, length=35)),
    ("no room for an address", proxy(length=0)),
    ("nothing but EHLO", EHLO),
    ("a bare LF after its signature", b"\r\n\r\n\0\r\nQUIT\n\n"),
]


def behind_proxies(key):
    """The listener `proxied` asks peers on loopback for a PROXY header, and everyone for a login."""
    plain = said("AUTH PLAIN " + b64("", "any", key))

    def proxied(name, sent, expected, messages=0, header=None, **more):
        begins = proxy() if header is None else header
        return Case(name, begins + EHLO + sent, "220 250 " + expected, messages, "proxied", tls=False, **more)

    for name, begins in NO_PROXY:
        follows = b"" if name.startswith("half") else EHLO + plain + MESSAGE
        yield Case(f"PROXY: {name}", begins + follows, "", 0, "proxied", tls=False)
    refused = plain + MESSAGE
    not_here = "538 530 503 503 500 500 500 500"  # AUTH in clear, then the message as commands
    yield proxied("PROXY of a stranger: no AUTH before TLS", refused, not_here, header=proxy(STRANGER))
    yield proxied("PROXY of a stranger over IPv6: no AUTH before TLS", refused, not_here, header=proxy(STRANGER6))
    yield proxied("PROXY of a stranger with more in the header", refused, not_here,
                  header=proxy(STRANGER, rest=b"\x04\x00\x03abc"))
    yield proxied("PROXY of a stranger: other mechanisms neither",
                  said("AUTH LOGIN", "AUTH SCRAM-SHA-256", "AUTH XOAUTH2 eA==", "AUTH"), "538 538 538 538",
                  header=proxy(STRANGER))
    for name, header in (("loopback", None), ("loopback over IPv6", proxy(LOOPBACK6)),
                         ("loopback, mapped", proxy(LOOPBACK_MAPPED)), ("LOCAL", proxy(STRANGER, command=0x20)),
                         ("LOCAL without addresses", b"\r\n\r\n\0\r\nQUIT\n\x20\x00\x00\x00"),
                         ("no family", proxy(STRANGER, family=0x00)), ("UDP", proxy(STRANGER, family=0x12))):
        yield proxied(f"PROXY: {name}", plain + MESSAGE, "235 250 250 354 250", 1, header=header)
    yield Case("PROXY twice", proxy() + proxy() + EHLO, "220 500 500 500 500", 0, "proxied", tls=False)

    user, word, wrong = b64("any"), b64(key), b64("wrong")
    bad = said("AUTH PLAIN " + b64("", "any", "wrong"))
    yield proxied("no AUTH", MESSAGE, "530 503 503 500 500 500 500")
    yield proxied("MAIL without AUTH tells nothing of its path", said("MAIL FROM:<a@@>", "MAIL"), "530 530")
    yield Case("AUTH before EHLO", proxy() + plain, "220 503", 0, "proxied", tls=False)
    for name, sent, expected, *messages in (
            ("AUTH PLAIN", plain + MESSAGE, "235 250 250 354 250", 1),
            ("AUTH PLAIN, the answer asked for", said("AUTH PLAIN", b64("", "any", key)) + MESSAGE,
             "334 235 250 250 354 250", 1),
            ("AUTH LOGIN", said("AUTH LOGIN", user, word) + MESSAGE, "334 334 235 250 250 354 250", 1),
            ("AUTH LOGIN with the name at once", said("AUTH LOGIN " + user, word) + MESSAGE,
             "334 235 250 250 354 250", 1),
            ("auth plain in lower case", plain.replace(b"AUTH PLAIN", b"auth plain") + MAIL, "235 250"),
            ("AUTH twice", plain + plain + MAIL, "235 503 250"),
            ("AUTH in a transaction", plain + MAIL + plain + RCPT, "235 250 503 250"),
            ("AUTH after EHLO again", plain + EHLO + plain + MAIL, "235 250 503 250"),
            ("AUTH after RSET", plain + said("RSET") + plain + MAIL, "235 250 503 250"),
            ("AUTH alone", said("AUTH"), "504"),
            ("AUTH of a mechanism that is not offered", said("AUTH CRAM-MD5", "AUTH EXTERNAL =", "AUTH ANONYMOUS eA=="),
             "504 504 504"),
            ("AUTH PLAIN that is no base64", said("AUTH PLAIN !!!", "AUTH PLAIN " + b64("", "any", key)[:-1] + "*"),
             "501 501"),
            ("AUTH PLAIN in two words", said("AUTH PLAIN AGFu eQ=="), "501"),
            ("AUTH PLAIN without its padding", said("AUTH PLAIN " + b64("", "anyone", "wrong").rstrip("=")), "501"),
            ("AUTH PLAIN, empty", said("AUTH PLAIN ="), "501"),
            ("AUTH PLAIN of one part", said("AUTH PLAIN " + b64("any")), "501"),
            ("AUTH PLAIN of two parts", said("AUTH PLAIN " + b64("any", key)), "501"),
            ("AUTH PLAIN of four parts", said("AUTH PLAIN " + b64("", "any", key, "")), "501"),
            ("AUTH PLAIN as somebody else", said("AUTH PLAIN " + b64("boss", "any", key)) + MAIL, "501 530"),
            ("AUTH PLAIN as oneself", said("AUTH PLAIN " + b64("any", "any", key)) + MAIL, "235 250"),
            ("AUTH PLAIN with no password", said("AUTH PLAIN " + b64("", "any", "")), "535"),
            ("AUTH PLAIN with half the key", said("AUTH PLAIN " + b64("", "any", key[:-1])), "535"),
            ("AUTH PLAIN with the key as the name", said("AUTH PLAIN " + b64("", key, "wrong")), "535"),
            ("AUTH PLAIN given up", said("AUTH PLAIN", "*") + MAIL, "334 501 530"),
            ("AUTH LOGIN given up", said("AUTH LOGIN", "*", "NOOP"), "334 501 250"),
            ("AUTH LOGIN given up at the password", said("AUTH LOGIN", user, "*", "NOOP"), "334 334 501 250"),
            ("AUTH LOGIN that is no base64", said("AUTH LOGIN", "any", "NOOP"), "334 501 250"),
            ("AUTH LOGIN answered by commands", said("AUTH LOGIN", "RSET!", "NOOP"), "334 501 250"),
            ("AUTH LOGIN with an empty name", said("AUTH LOGIN =", word) + MAIL, "334 235 250"),
            ("AUTH LOGIN with bare LF", b"AUTH LOGIN\r\n" + user.encode() + b"\n" + word.encode() + b"\r\n" + MAIL,
             "334 500"),
            ("AUTH LOGIN with a NUL", b"AUTH LOGIN\r\n\0\r\nNOOP\r\n", "334 501 250"),
            ("AUTH LOGIN, then the client leaves", said("AUTH LOGIN", user), "334 334 501"),
            ("AUTH line of 12,288", said("AUTH PLAIN " + "A" * (12288 - 13)), "501"),
            ("AUTH line of 13,000", said("AUTH PLAIN " + "A" * 13000, "NOOP"), "500 250"),
            ("AUTH answer of 100,000", said("AUTH PLAIN", "A" * 100_000, "NOOP"), "334 501 250"),
            ("AUTH answer without an end", said("AUTH PLAIN") + b"A" * 400_000, "334"),
            ("AUTH SCRAM, where nobody has a login", said("AUTH SCRAM-SHA-256", "NOOP"), "504 250"),
            ("three wrong passwords", bad + bad + MAIL + bad + MESSAGE, "535 535 530 535 421"),
            ("wrong password, then the right one", bad + plain + MESSAGE, "535 235 250 250 354 250", 1),
            ("a wrong password by LOGIN", said("AUTH LOGIN", user, wrong) + MAIL, "334 334 535 530"),
            ("20 malformed logins", said(*["AUTH PLAIN !"] * 30), " ".join(["501"] * 20 + ["421"]))):
        yield proxied(name, sent, expected, *messages)


# ---- options in the header -----------------------------------------------------------------------------------------

def option(name, fields, code=250):
    return content(f"option: {name}", fields + HEADER + b"x\r\n", code, int(code == 250))


def keyed(key, body=b"x\r\n", recipients=RCPT):
    """A message with an idempotency key of this run."""
    return (MAIL + recipients + b"DATA\r\nX-Postroom-Idempotency-Key: %s.%s\r\n" % (key, RUN) + HEADER + body + END)


OPTIONS = [
    option("lane", b"X-Postroom-Lane: bulk\r\n"),
    option("lane, mixed case", b"x-POSTROOM-lane: bulk\r\n"),
    option("lane, a blank before the colon", b"X-Postroom-Lane : bulk\r\n"),
    option("lane, folded", b"X-Postroom-Lane:\r\n bulk\r\n"),
    option("lane, twice", b"X-Postroom-Lane: bulk\r\nX-Postroom-Lane: bulk\r\n"),
    option("unknown lane", b"X-Postroom-Lane: nowhere\r\n", 550),
    option("empty lane", b"X-Postroom-Lane:\r\n", 550),
    option("lane in other letters", b"X-Postroom-Lane: BULK\r\n", 550),
    option("tags", b"X-Postroom-Tag: a, b\r\nX-Postroom-Tag: c\r\n"),
    option("21 tags", b"X-Postroom-Tag: " + b",".join([b"t"] * 21) + b"\r\n", 550),
    option("tag of 65 bytes", b"X-Postroom-Tag: " + b"t" * 65 + b"\r\n", 550),
    option("tag of control characters", b"X-Postroom-Tag: a\x07b\r\n", 550),
    option("tag that is no UTF-8", b"X-Postroom-Tag: \xff\r\n", 550),
    option("metadata as JSON", b'X-Postroom-Metadata: {"order": "17"}\r\n'),
    option("metadata as name=value", b"X-Postroom-Metadata: order=17\r\nX-Postroom-Metadata: b = c=d\r\n"),
    option("metadata that is no object", b'X-Postroom-Metadata: {"a": 1}\r\n', 550),
    option("metadata of half an object", b'X-Postroom-Metadata: {"a": "1"\r\n', 550),
    option("metadata that is nested", b"X-Postroom-Metadata: " + b'{"a":' * 100 + b"\r\n", 550),
    option("metadata without a name", b"X-Postroom-Metadata: =17\r\n", 550),
    option("metadata that is no UTF-8", b"X-Postroom-Metadata: a=\xff\xfe\r\n", 550),
    option("metadata that is too much", b"".join(b"X-Postroom-Metadata: a%d=%s\r\n" % (n, b"x" * 900)
                                                 for n in range(10)), 550),
    option("send-at", b"X-Postroom-Send-At: 2027-06-01T00:00:00Z\r\n"),
    option("send-at in the past", b"X-Postroom-Send-At: 2020-06-01T00:00:00Z\r\n"),
    option("send-at too far", b"X-Postroom-Send-At: 2090-06-01T00:00:00Z\r\n", 550),
    option("send-at that is no time", b"X-Postroom-Send-At: tomorrow\r\n", 550),
    option("expires-in", b"X-Postroom-Expires-In: 600\r\n"),
    option("expires-in of nothing", b"X-Postroom-Expires-In: 0\r\n", 550),
    option("expires-in below zero", b"X-Postroom-Expires-In: -1\r\n", 550),
    option("expires-in with its unit", b"X-Postroom-Expires-In: 10m\r\n", 550),
    option("expires-in beyond 64 bits", b"X-Postroom-Expires-In: 99999999999999999999\r\n", 550),
    option("unknown connection", b"X-Postroom-Connection: 17\r\n", 550),
    option("connection by name", b"X-Postroom-Connection: Mailer\r\n", 550),
    option("connection 0", b"X-Postroom-Connection: 0\r\n", 550),
    option("on-doubt", b"X-Postroom-On-Doubt: HOLD\r\n"),
    option("on-doubt of another word", b"X-Postroom-On-Doubt: inherit\r\n", 550),
    option("one that does not exist", b"X-Postroom-Whatever: x\r\n"),
    option("with a name that goes on", b"X-Postroom-Lanes: nowhere\r\n"),
    option("empty idempotency key", b"X-Postroom-Idempotency-Key:\r\n", 550),
    option("idempotency key of 256", b"X-Postroom-Idempotency-Key: " + b"k" * 249 + RUN + b"\r\n"),
    option("idempotency key of 257", b"X-Postroom-Idempotency-Key: " + b"k" * 250 + RUN + b"\r\n", 550),
    option("idempotency key that is no UTF-8", b"X-Postroom-Idempotency-Key: \xff\r\n", 550),
    option("bad ones, and all are named", b"X-Postroom-Lane: bulk\r\nX-Postroom-Expires-In: x\r\n"
           b"X-Postroom-Connection: y\r\n", 550),
    kept("an option in the body is text", HEADER + b"X-Postroom-Lane: nowhere\r\n"),
    case("idempotency: replayed", keyed(b"a") + keyed(b"a"), "250 250 354 250 250 250 354 250", 1),
    case("idempotency: another key", keyed(b"a") + keyed(b"b"), "250 250 354 250 250 250 354 250", 2),
    case("idempotency: another body", keyed(b"a") + keyed(b"a", b"y\r\n"), "250 250 354 250 250 250 354 550", 1),
    case("idempotency: other recipients", keyed(b"a") + keyed(b"a", recipients=RCPT.replace(b"ann", b"bo")),
         "250 250 354 250 250 250 354 550", 1),
    case("idempotency: another sender", keyed(b"a") + keyed(b"a").replace(b"shop@", b"else@"),
         "250 250 354 250 250 250 354 550", 1),
    case("idempotency: the same recipients in another order",
         keyed(b"a", recipients=RCPT + RCPT.replace(b"ann", b"bo")) +
         keyed(b"a", recipients=RCPT.replace(b"ann", b"bo") + RCPT),
         "250 250 250 354 250 250 250 250 354 250", 1),
    case("idempotency: a refused message keeps no key", keyed(b"a", b"y" * 999 + b"\r\n") + keyed(b"a"),
         "250 250 354 550 250 250 354 250", 1),
]


def all_cases(key):
    return list(itertools.chain(smuggling(), FRAMING, DIALOGUE, PATHS, behind_proxies(key), OPTIONS))
