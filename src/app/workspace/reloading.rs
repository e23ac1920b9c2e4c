//! Reading a picture again, because its file has changed or a person asks for it.

use super::core::Workspace;
use crate::document::PictureId;

impl Workspace {
    /// The file of a picture has changed, or is to be read again: nothing that was made of it is used any
    /// more.
    pub fn reload(&mut self, picture: PictureId) {
        self.versions.advance(picture);
        self.view.textures.forget(picture);
        self.relocalizing.forget(picture);
        self.session.set_unreadable(picture, None);
        self.proposing.failures.remove(&picture);
        self.forget_fits(picture);
        self.learn_again(picture);
        self.view.requested = None;
        if self.view.heat_map_picture() == Some(picture) {
            self.view.heat_map = None;
        }
    }
}
