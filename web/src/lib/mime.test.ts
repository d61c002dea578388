import { describe, expect, it } from 'vitest';
import { decodeWords, parseMail } from './mime';

const bytes = (text: string) => new TextEncoder().encode(text.replace(/\n/g, '\r\n'));

describe('parseMail', () => {
  it('reads a plain message', () => {
    const mail = parseMail(bytes('From: a@example.com\nSubject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?=\n\nHallo\n'));
    expect(mail.text).toBe('Hallo\n');
    expect(mail.headers).toContainEqual({ name: 'Subject', value: 'Grüße' });
  });
  it('takes no line for a boundary that only begins like it', () => {
    const mail = parseMail(bytes('Content-Type: multipart/mixed; boundary="a+b"\n\n--a+b \n\none\n--a+b1\ntwo\n--a+b--\nthree\n'));
    expect(mail.text).toBe('one\n--a+b1\ntwo');
  });
  it('reads text, HTML and attachments out of nested parts', () => {
    const mail = parseMail(bytes(`Content-Type: multipart/mixed; boundary="m"

--m
Content-Type: multipart/alternative; boundary=a

--a
Content-Type: text/plain; charset=iso-8859-1
Content-Transfer-Encoding: quoted-printable

Gr=FC=DFe und =
mehr
--a
Content-Type: text/html; charset=utf-8
Content-Transfer-Encoding: base64

PGI+R3LDvMOfZTwvYj4=
--a--
--m
Content-Type: application/pdf
Content-Disposition: attachment; filename*=utf-8''R%C3%A9sum%C3%A9.pdf
Content-Transfer-Encoding: base64

aGFsbG8=
--m--
`));
    expect(mail.text).toBe('Grüße und mehr');
    expect(mail.html).toBe('<b>Grüße</b>');
    expect(mail.attachments).toEqual([{ type: 'application/pdf', filename: 'Résumé.pdf', size: 5, text: null }]);
  });
  it('weighs an attachment without the padding and the line breaks of its base64', () => {
    const size = (body: string) => parseMail(bytes(`Content-Type: image/png\nContent-Transfer-Encoding: base64\n\n${body}\n`)).attachments[0]!.size;
    expect(size('aGk=')).toBe(2);
    expect(size('aA==')).toBe(1);
    expect(size('aGFs\nbG8h')).toBe(6);
  });
  it('takes the blanks off the ends of lines, however many there are', () => {
    const said = (body: string) => parseMail(bytes(`Content-Type: text/plain\nContent-Transfer-Encoding: quoted-printable\n\n${body}`)).text;
    expect(said('one \t\ntwo= \nthree =20\n')).toBe('one\ntwothree  \n');
    const blanks = ' '.repeat(200_000);
    expect(said(`${blanks}end${blanks}\n${blanks}`)).toBe(`${blanks}end\n`);
  });
  it('survives nonsense', () => {
    expect(parseMail(bytes('')).text).toBe('');
    expect(parseMail(bytes('Content-Type: multipart/mixed\n\nno boundary')).text).toBeNull();
    expect(decodeWords('=?x-nonsense?Q?abc?=')).toBe('abc');
  });
  it('puts a long file name together', () => {
    const mail = (disposition: string) =>
      parseMail(new TextEncoder().encode(`Content-Type: application/pdf\r\nContent-Disposition: attachment;\r\n ${disposition}\r\n\r\nx`)).attachments[0]!.filename;
    expect(mail("filename*0*=utf-8''%C3%9Cber; filename*1*=sicht%20; filename*2=\"2026.pdf\"")).toBe('Übersicht 2026.pdf');
    expect(mail('filename*1=b.pdf; filename*0="a "')).toBe('a b.pdf');
    expect(mail("filename*=utf-8''%C3%9Cber.pdf")).toBe('Über.pdf');
  });
});
