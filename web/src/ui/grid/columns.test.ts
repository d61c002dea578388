import { describe, expect, it } from 'vitest';
import { passes, type Column } from './columns';

interface Row { name: string; roles: string[] }
const columns: Column<Row>[] = [
  { id: 'name', title: 'Name', width: '1px', render: () => null, filter: { kind: 'text', name: 'name' }, value: (row) => row.name },
  { id: 'roles', title: 'Roles', width: '1px', render: () => null, filter: { kind: 'choice', name: 'role', many: true, options: [] }, value: (row) => row.roles },
  { id: 'more', title: 'More', width: '1px', render: () => null },
];
const row: Row = { name: 'Web shop', roles: ['send', 'read'] };
const shown = (query: string) => passes(row, columns, new URLSearchParams(query));

describe('the filters of a whole list', () => {
  it('let everything through when nothing is asked', () => expect(shown('open=3&name=')).toBe(true));
  it('find text anywhere, whatever its case', () => {
    expect(shown('name=SHOP')).toBe(true);
    expect(shown('name=billing')).toBe(false);
  });
  it('take any of the chosen words, and all columns', () => {
    expect(shown('role=admin&role=read')).toBe(true);
    expect(shown('role=admin')).toBe(false);
    expect(shown('role=read&name=billing')).toBe(false);
  });
});
