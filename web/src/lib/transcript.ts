// An SMTP conversation as the log keeps it, line by line: "C: …" is what we said, "S: …" the server's reply, "* …" a note.
export interface TranscriptLine {
  who: 'us' | 'them' | 'note';
  text: string;
  /** A reply of 4yz or 5yz. */
  refusal: boolean;
}

export function readTranscript(conversation: string): TranscriptLine[] {
  return conversation.replace(/\n$/, '').split('\n').map((line) => {
    const text = line.replace(/^(C:|S:|\*) ?/, '');
    if (line.startsWith('C:')) return { who: 'us', text, refusal: false };
    if (line.startsWith('S:')) return { who: 'them', text, refusal: /^[45]\d\d/.test(text) };
    return { who: 'note', text, refusal: false };
  });
}
