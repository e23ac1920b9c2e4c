//! An empty project in memory.

use rusqlite::Connection;

use super::connection::open_in_memory;
use super::error::Fault;
use super::schema::{self, MIGRATIONS};

/// The tables of a project, with nothing in them.
pub(super) fn empty_project() -> Result<Connection, Fault> {
    let connection = open_in_memory()?;
    schema::create(&connection, MIGRATIONS)?;
    Ok(connection)
}
