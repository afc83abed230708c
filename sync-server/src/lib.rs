//! The server of a site: takes in what devices wrote, acknowledges it once it is on the disk, and passes it on.
//!
//! | module | owns |
//! |---|---|
//! | `server` | start, routes, end; what all connections share |
//! | `line`, `patience` | what strangers may cost, and devices that send what is refused |
//! | `connection` | one WebSocket driven by a [`dutybook_sync::Session`] |
//! | `intake` | the one writing thread: many connections, one transaction |
//! | `tail` | the end of the log in memory, read once for all |
//! | `enrol` | which devices there are |
//! | `files` | files of records, in pieces and ranges |
//! | `status` | `/healthz` and the status page |
//! | `site` | the server's folder |
//!
//! Invariants
//! - An acknowledgement leaves after COMMIT with `synchronous=FULL`, and nothing that can wait stands before it.
//! - Memory does not depend on how much was ever written: connections are readers of the log with a window each, and
//!   what waits to be written is bounded for all together.
//! - No document is opened on the way to an acknowledgement.

mod clock;
mod connection;
mod enrol;
mod files;
mod intake;
mod line;
mod patience;
mod server;
mod site;
mod status;
mod tail;

pub use enrol::{TOKEN_MINUTES, new_token, revoke};
pub use server::{Config, ServeError, serve};
pub use site::{SiteError, init};
