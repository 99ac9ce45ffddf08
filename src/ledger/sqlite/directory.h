#pragma once

#include <string>

#include "base/bytes.h"
#include "base/fd.h"
#include "base/result.h"

// Files of a seal directory, beneath SQLite. One caller at a time.
namespace steelie::ledger::sqlite {

/// steelie::SystemError of the area `ledger`.
Error SystemError(int error, const std::string& what);

/// Creates the directory and its missing parents with mode 0700 and makes that durable.
Status CreateDirectory(const std::string& path);
/// Makes names created, renamed or deleted in a directory durable.
Status SyncDirectory(const std::string& path);
/// Creates a file with mode 0600 if it is missing.
Status EnsureFile(const std::string& path);
/// The size of a file; 0 if there is none.
Result<std::uint64_t> FileSize(const std::string& path);

/// Makes the contents of a file durable.
Status SyncFile(const std::string& path);
/// Replaces `path` by a new file with these contents, which are durable afterwards; its name is not before
/// SyncDirectory. A file of that name is removed first: what a failed sync lost in it would stay lost.
Status WriteNew(const std::string& path, ByteView contents);
/// Deletes a file, or does nothing if there is none. Not durable before SyncDirectory.
Status RemoveFile(const std::string& path);
/// Renames a file, or does nothing if there is none. Not durable before SyncDirectory of both folders.
Status MoveFile(const std::string& from, const std::string& to);

/// Takes the operating system's lock on `path`, which it creates. Errors: kFailedPrecondition `ledger.locked` another
/// process (or object) has it. A file system without locks gives an Fd without one.
Result<Fd> LockFile(const std::string& path);

/// Replaces a file by a copy of itself that is surely on disk.
///
/// What a write left in the system's cache after a failed fsync can be read, but is not on disk and never will be: the
/// system considers it written. Whoever finds a file after such an end must not build on it before it has been written
/// once more, and not in place, since a power cut may tear that.
Status Rewrite(const std::string& directory, const std::string& path, const std::string& temporary);

}  // namespace steelie::ledger::sqlite
