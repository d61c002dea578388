// A commit's frames in one write. SQLite writes each page of a commit to the write-ahead log in two pieces (the frame's
// header, the page); this file system joins pieces that follow one another and hands them on before anything could ask
// for them: a sync, a read, the file's size. Only the writing connection uses it: no frame is visible to a reader
// before its commit's sync (synchronous=FULL).
#pragma once

namespace postroom::store::sqlite {

// Registers it over SQLite's default file system, once; its name, for sqlite3_open_v2.
const char* joined_wal_writes();

}  // namespace postroom::store::sqlite
