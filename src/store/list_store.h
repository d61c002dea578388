// ListStore is what people see of mail and what they do to it: queue, log, stories, figures and acts.
#pragma once

#include <string>
#include <vector>

#include "store/answer.h"
#include "store/queries.h"
#include "store/records.h"
#include "store/sending_figures.h"

namespace postroom::store {

struct EmailStory {
  EmailRecord email;
  std::vector<AttemptRecord> attempts;  // oldest first
  std::vector<EmailEvent> events;
};

struct AttemptDetail {
  AttemptRecord attempt;
  std::string conversation;  // as recorded; other recipients' RCPT lines are hidden by the reader of this (api)
};

struct MessageStory {
  MessageRecord message;
  std::vector<EmailRecord> emails;
};

class ListStore {
 public:
  virtual ~ListStore() = default;

  virtual Answer<Page<EmailRecord>> list_queue(QueueFilter filter, QueueSort sort, Direction direction,
                                               PageRequest page, Timestamp now) = 0;
  virtual Answer<Page<AttemptRecord>> list_log(LogFilter filter, Direction direction, PageRequest page) = 0;
  virtual Answer<EmailStory> email(EmailId id) = 0;
  virtual Answer<MessageStory> message(MessageId id) = 0;
  virtual Answer<AttemptDetail> attempt(AttemptId id) = 0;
  virtual Answer<ActionCounts> act(QueueAction action, Timestamp now) = 0;
  virtual Answer<std::vector<StatsBucket>> stats(Timestamp from, Timestamp to, Milliseconds step) = 0;
  virtual Answer<SendingFigures> sending_figures(Timestamp from, Timestamp to, Milliseconds step) = 0;
  virtual Answer<QueueDepth> queue_depth() = 0;
  virtual Answer<Page<EventRecord>> list_events(PageRequest page) = 0;  // newest first
  // Of this process.
  virtual ChangeCounts changes() const = 0;
};

}  // namespace postroom::store
