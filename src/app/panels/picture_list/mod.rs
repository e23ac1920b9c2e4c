//! The list of pictures: search, filters, order, and rows or thumbnails; only the visible
//! ones are drawn.
//!
//! | file | what it is for |
//! |---|---|
//! | `list.rs` | the list, scrolling, and its keys |
//! | `header.rs` | progress and selection, above the list |
//! | `filters.rs` | search, filters and order, above the list |
//! | `row.rs` | one picture of the list |
//! | `row_text.rs` | the texts of a picture: its boxes, tags and shortened path |
//! | `focus.rs` | the list as one stop of the keyboard |

mod filters;
mod focus;
mod header;
mod list;
mod row;
mod row_text;

pub use self::filters::search_id;
pub use self::focus::id;
pub use self::list::PictureListPanel;
pub use self::row_text::tag_names;
