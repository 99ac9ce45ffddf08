#include "ledger/test/fault_vfs.h"

#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <new>

namespace steelie::ledger::testing {
namespace {

struct File : sqlite3_file {
  FaultVfs* vfs;
  std::string* path;
  sqlite3_file* real;
};

File& Cast(sqlite3_file* file) { return *static_cast<File*>(file); }

Bytes ReadAll(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return ToBytes(std::string{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()});
}

void Apply(Bytes& contents, const FaultVfs::Change& change) {
  if (change.truncate) {
    contents.resize(change.offset);
    return;
  }
  contents.resize(std::max(contents.size(), change.offset + change.bytes.size()));
  std::copy(change.bytes.begin(), change.bytes.end(), contents.begin() + static_cast<std::ptrdiff_t>(change.offset));
}

int Close(sqlite3_file* file) {
  File& f = Cast(file);
  const int code = f.real->pMethods->xClose(f.real);
  std::free(f.real);
  delete f.path;
  return code;
}

int Read(sqlite3_file* file, void* out, int size, sqlite3_int64 offset) {
  return Cast(file).real->pMethods->xRead(Cast(file).real, out, size, offset);
}

int Write(sqlite3_file* file, const void* data, int size, sqlite3_int64 offset) {
  File& f = Cast(file);
  if (const int code = f.vfs->Before(SQLITE_IOERR_WRITE, true); code != SQLITE_OK) return code;
  const auto* bytes = static_cast<const std::uint8_t*>(data);
  f.vfs->StateOf(*f.path).pending.push_back({static_cast<std::size_t>(offset), Bytes(bytes, bytes + size), false});
  return f.real->pMethods->xWrite(f.real, data, size, offset);
}

int Truncate(sqlite3_file* file, sqlite3_int64 size) {
  File& f = Cast(file);
  if (const int code = f.vfs->Before(SQLITE_IOERR_TRUNCATE, false); code != SQLITE_OK) return code;
  f.vfs->StateOf(*f.path).pending.push_back({static_cast<std::size_t>(size), {}, true});
  return f.real->pMethods->xTruncate(f.real, size);
}

int Sync(sqlite3_file* file, int flags) {
  File& f = Cast(file);
  FaultVfs::FileState& state = f.vfs->StateOf(*f.path);
  if (const int code = f.vfs->Before(SQLITE_IOERR_FSYNC, false); code != SQLITE_OK) {
    // As in Linux: what was to be written counts as written and is lost; a later sync does not bring it back. (A power
    // cut leaves it to the cut.)
    if (code != SQLITE_IOERR_SHORT_READ) state.pending.clear();
    return code;
  }
  for (const FaultVfs::Change& change : state.pending) Apply(state.durable, change);
  state.pending.clear();
  return f.real->pMethods->xSync(f.real, flags);
}

int FileSize(sqlite3_file* file, sqlite3_int64* size) {
  return Cast(file).real->pMethods->xFileSize(Cast(file).real, size);
}
int Lock(sqlite3_file* file, int level) { return Cast(file).real->pMethods->xLock(Cast(file).real, level); }
int Unlock(sqlite3_file* file, int level) { return Cast(file).real->pMethods->xUnlock(Cast(file).real, level); }
int CheckReserved(sqlite3_file* file, int* out) {
  return Cast(file).real->pMethods->xCheckReservedLock(Cast(file).real, out);
}
int Control(sqlite3_file* file, int op, void* arg) {
  return Cast(file).real->pMethods->xFileControl(Cast(file).real, op, arg);
}
int SectorSize(sqlite3_file* file) { return Cast(file).real->pMethods->xSectorSize(Cast(file).real); }
int Characteristics(sqlite3_file* file) { return Cast(file).real->pMethods->xDeviceCharacteristics(Cast(file).real); }

// Version 1: without shared memory, which a log in exclusive mode does not need.
const sqlite3_io_methods kMethods = {
    1,          Close,           Read,    Write,   Truncate, Sync,    FileSize, Lock,   Unlock, CheckReserved, Control,
    SectorSize, Characteristics, nullptr, nullptr, nullptr,  nullptr, nullptr,  nullptr};

FaultVfs& Self(sqlite3_vfs* vfs) { return *static_cast<FaultVfs*>(vfs->pAppData); }

int Open(sqlite3_vfs* vfs, const char* name, sqlite3_file* out, int flags, int* out_flags) {
  File& f = Cast(out);
  f.pMethods = nullptr;
  sqlite3_vfs* real = Self(vfs).real();
  auto* file = static_cast<sqlite3_file*>(std::calloc(1, static_cast<std::size_t>(real->szOsFile)));
  const int code = real->xOpen(real, name, file, flags, out_flags);
  if (code != SQLITE_OK) {
    std::free(file);
    return code;
  }
  f.vfs = &Self(vfs);
  f.path = new std::string(name == nullptr ? "" : name);
  f.real = file;
  f.pMethods = &kMethods;
  Self(vfs).Opened(*f.path);
  return SQLITE_OK;
}

int Delete(sqlite3_vfs* vfs, const char* name, int sync) {
  if (const int code = Self(vfs).Before(SQLITE_IOERR_DELETE, false); code != SQLITE_OK) return code;
  // Names count as durable at once: how names survive is not modelled here.
  Self(vfs).Deleted(name);
  return Self(vfs).real()->xDelete(Self(vfs).real(), name, sync);
}

}  // namespace

FaultVfs::FaultVfs() : real_(sqlite3_vfs_find(nullptr)) {
  vfs_ = *real_;
  vfs_.iVersion = 1;
  vfs_.pNext = nullptr;
  vfs_.zName = kName;
  vfs_.pAppData = this;
  vfs_.szOsFile = static_cast<int>(sizeof(File));
  vfs_.xOpen = Open;
  vfs_.xDelete = Delete;
  sqlite3_vfs_register(&vfs_, 0);
}

FaultVfs::~FaultVfs() { sqlite3_vfs_unregister(&vfs_); }

void FaultVfs::Arm(Mode mode, int n) {
  mode_ = mode;
  until_ = n;
  hit_ = false;
}

int FaultVfs::Before(int io_error, bool may_be_full) {
  if (mode_ == Mode::kNone) return SQLITE_OK;
  if (until_ > 0) --until_;
  if (until_ > 0) return SQLITE_OK;
  const bool first = !hit_;
  switch (mode_) {
    case Mode::kNone:
      return SQLITE_OK;
    case Mode::kIoError:
      hit_ = true;
      return first ? io_error : SQLITE_OK;
    case Mode::kFull:
      if (!first || !may_be_full) return SQLITE_OK;
      hit_ = true;
      return SQLITE_FULL;
    case Mode::kStaysFull:
      if (!may_be_full) return SQLITE_OK;
      hit_ = true;
      return SQLITE_FULL;
    case Mode::kPowerCut:
      hit_ = true;
      return SQLITE_IOERR_SHORT_READ;
  }
  return SQLITE_OK;
}

void FaultVfs::Opened(const std::string& path) {
  struct stat info{};
  if (::stat(path.c_str(), &info) != 0) return;
  FileState& state = files_[path];
  if (state.inode == info.st_ino) return;
  // Not seen before, or replaced by somebody who saw to its durability.
  state = {ReadAll(path), {}, info.st_ino};
}

void FaultVfs::CutPower(Unsynced unsynced) {
  for (auto& [path, state] : files_) {
    Bytes contents = state.durable;
    for (std::size_t i = 0; i < state.pending.size(); ++i) {
      Change change = state.pending[i];
      const bool last = i + 1 == state.pending.size();
      if (unsynced == Unsynced::kNothing) continue;
      if (unsynced == Unsynced::kAllButLast && last) continue;
      if (unsynced == Unsynced::kOnlyLast && !last) continue;
      if (unsynced == Unsynced::kHalfOfLast && last) change.bytes.resize(change.bytes.size() / 2);
      if (unsynced == Unsynced::kZeros) std::ranges::fill(change.bytes, 0);
      Apply(contents, change);
    }
    std::ofstream(path, std::ios::binary | std::ios::trunc) << AsText(contents);
    state.durable = contents;
    state.pending.clear();
  }
  Disarm();
}

}  // namespace steelie::ledger::testing
