// Users, sessions and saved views.
#include <algorithm>

#include "store/memory/memory_store.h"

namespace postroom::store::memory {

Answer<std::vector<UserRecord>> MemoryStore::users() {
  co_await turn();
  std::vector<UserRecord> all;
  for (const auto& [id, user] : disk_->users) all.push_back(user);
  co_return all;
}

Answer<UserRecord> MemoryStore::put_user(UserRecord user, std::optional<AuditRecord> audit) {
  const Result<> written = co_await write(Write::other, [&](Disk& disk) -> Result<> {
    const bool taken = std::ranges::any_of(
        disk.users, [&user](const auto& entry) { return entry.second.email == user.email && entry.first != user.id; });
    if (taken) return fail(ErrorCode::conflict, "user_exists");
    if (user.id != 0 && !disk.users.contains(user.id)) return fail(ErrorCode::not_found, "there is no such user");
    if (user.id == 0) user.id = ++disk.last_user;
    disk.users[user.id] = user;
    if (audit) keep_audit(disk, *audit);
    return {};
  });
  if (!written) co_return std::unexpected(written.error());
  co_return user;
}

Answer<> MemoryStore::delete_user(UserId id, AuditRecord audit) {
  co_return co_await write(Write::other, [&](Disk& disk) -> Result<> {
    if (disk.users.erase(id) == 0) return fail(ErrorCode::not_found, "there is no such user");
    std::erase_if(disk.sessions, [id](const auto& entry) { return entry.second.user_id == id; });
    std::erase_if(disk.views, [id](const auto& entry) { return entry.second.user_id == id; });
    keep_audit(disk, audit);
    return {};
  });
}

Answer<std::vector<SessionRecord>> MemoryStore::sessions() {
  co_await turn();
  std::vector<SessionRecord> all;
  for (const auto& [hash, session] : disk_->sessions) all.push_back(session);
  co_return all;
}

Answer<> MemoryStore::put_session(SessionRecord session, Timestamp now) {
  co_return co_await write(Write::other, [&](Disk& disk) -> Result<> {
    std::erase_if(disk.sessions, [now](const auto& entry) { return entry.second.expires_at < now; });
    disk.sessions[session.token_hash] = session;
    return {};
  });
}

Answer<> MemoryStore::end_session(std::string token_hash) {
  co_return co_await write(Write::other, [&](Disk& disk) -> Result<> {
    disk.sessions.erase(token_hash);
    return {};
  });
}

Answer<> MemoryStore::end_sessions(UserId user, std::string except_hash) {
  co_return co_await write(Write::other, [&](Disk& disk) -> Result<> {
    std::erase_if(disk.sessions,
                  [&](const auto& entry) { return entry.second.user_id == user && entry.first != except_hash; });
    return {};
  });
}

Answer<std::vector<ViewRecord>> MemoryStore::views(UserId user) {
  co_await turn();
  std::vector<ViewRecord> all;
  for (const auto& [key, view] : disk_->views)
    if (view.user_id == user) all.push_back(view);
  co_return all;
}

Answer<> MemoryStore::put_view(ViewRecord view) {
  co_return co_await write(Write::other, [&](Disk& disk) -> Result<> {
    disk.views[{view.user_id, view.page, view.name}] = view;
    return {};
  });
}

Answer<> MemoryStore::delete_view(UserId user, std::string page, std::string name) {
  co_return co_await write(Write::other, [&](Disk& disk) -> Result<> {
    if (disk.views.erase({user, page, name}) == 0) return fail(ErrorCode::not_found, "there is no such view");
    return {};
  });
}

Answer<std::vector<SubmissionLoginRecord>> MemoryStore::submission_logins() {
  co_await turn();
  std::vector<SubmissionLoginRecord> all;
  for (const auto& [id, login] : disk_->submission_logins) all.push_back(login);
  co_return all;
}

Answer<SubmissionLoginRecord> MemoryStore::put_submission_login(SubmissionLoginRecord login,
                                                                std::optional<AuditRecord> audit) {
  const Result<> written = co_await write(Write::other, [&](Disk& disk) -> Result<> {
    const bool taken = std::ranges::any_of(disk.submission_logins, [&login](const auto& entry) {
      return entry.second.username == login.username && entry.first != login.id;
    });
    if (taken) return fail(ErrorCode::conflict, "login_exists");
    if (login.id != 0 && !disk.submission_logins.contains(login.id))
      return fail(ErrorCode::not_found, "there is no such login");
    if (login.id == 0) login.id = ++disk.last_submission_login;
    disk.submission_logins[login.id] = login;
    if (audit) keep_audit(disk, *audit);
    return {};
  });
  if (!written) co_return std::unexpected(written.error());
  co_return login;
}

Answer<> MemoryStore::delete_submission_login(SubmissionLoginId id, AuditRecord audit) {
  co_return co_await write(Write::other, [&](Disk& disk) -> Result<> {
    if (disk.submission_logins.erase(id) == 0) return fail(ErrorCode::not_found, "there is no such login");
    keep_audit(disk, audit);
    return {};
  });
}

// Any commit may have changed anything.
ChangeCounts MemoryStore::changes() const {
  const std::uint64_t commits = disk_->commits;
  return {commits, commits, commits, commits};
}

}  // namespace postroom::store::memory
