//! A project that a window edits: changed in memory at once, written beside it.
//!
//! Nothing here waits for the disk or for another process, except closing. A change is made in the
//! [`Mirror`](mirror::Mirror), which is the project in memory ahead of the file, and sent to the thread
//! that has the [`Project`](super::Project). That thread writes one change after the other.
//!
//! **What is safe when.** A change goes to the thread before the call returns, and is in the file, as far
//! as the system is concerned, as soon as the thread has written it: usually within a few milliseconds.
//! From then on it survives the end of the process, `kill -9` included. It is on the disk, so that it
//! survives a loss of power, when a second thread has waited for the disk (an fsync), which goes on while
//! further changes are written. So what can be lost is
//! - by `kill -9`: the changes of the last milliseconds; while another process writes, those since it
//!   began; and right after the log was emptied, which happens about once in 4 MiB of changes, those made
//!   during one fsync. On network disks, where there is no write-ahead log, those made during one write
//!   with its fsync;
//! - by a loss of power: the changes of about the last two fsyncs.
//!
//! [`LiveProject::saving_since`] tells whether anything is not on the disk yet.
//!
//! **Other processes.** When the thread finds that another process has written, it stops, and sends what
//! was changed. The mirror takes back what is not in the file, makes their changes, and makes its own
//! again, with new ids where they have used the same ones ([`IdShift`](crate::document::IdShift)), merged
//! where both have changed one picture. What cannot be merged is dropped and named. Then the thread goes
//! on. So memory is what the file will be, and nothing of another process is overwritten.
//!
//! **Errors.** If a change cannot be written, nothing later is. Editing is refused, and the thread tries
//! again until it succeeds; what was changed meanwhile stays in memory, and can be saved as a copy.
//!
//! | module | its one idea |
//! |---|---|
//! | `change` | a change on its way to the file |
//! | `mirror` | the project in memory, ahead of the file |
//! | `messages` | what mirror and thread tell each other |
//! | `writer` | the thread that writes |
//! | `syncer` | the thread that waits for the disk |
//! | `copy` | a copy of the project with the changes that wait |
//! | `project` | the project as a window uses it |
//! | `poll`, `poll_report` | taking in what the thread reports |

mod change;
mod copy;
mod messages;
mod mirror;
mod poll;
mod poll_report;
mod project;
mod syncer;
mod writer;

pub use mirror::DroppedChange;
pub use poll_report::PollReport;
pub use project::LiveProject;
