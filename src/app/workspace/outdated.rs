//! Proposals that a former model, quality or detector has made, and proposing again.

use super::core::Workspace;
use super::proposing_state::ProposalJob;
use crate::app::workers::requests::PictureRequest;
use crate::document::{BoxState, PictureId, ReviewState};

impl Workspace {
    /// The number of pictures to review whose proposals are of a former model or quality.
    pub fn outdated(&self) -> usize {
        let pictures = self.proposing.outdated.iter();
        pictures.filter(|id| self.is_outdated(**id)).count()
    }

    /// Asks the model for these pictures again; returns their number.
    pub fn propose_outdated(&mut self) -> usize {
        let rows = self.session.rows().iter().copied();
        let listed = rows.filter(|id| self.proposing.outdated.contains(id));
        let unlisted = self.proposing.outdated.iter().copied();
        let unlisted = unlisted.filter(|id| self.session.row(*id).is_none());
        let pictures = listed.chain(unlisted).filter(|id| self.is_outdated(*id));
        let requests: Vec<PictureRequest> = pictures.filter_map(|id| self.request(id)).collect();
        let number = requests.len();
        if number > 0 {
            self.retry_model();
            let job = self.proposing.job.get_or_insert_with(ProposalJob::new);
            job.add(requests.iter().map(|request| request.picture));
            self.workers.proposer.propose(requests);
        }
        number
    }

    /// The model or its quality is about to change: what it has proposed so far is of a former one.
    pub(super) fn mark_outdated(&mut self) {
        let document = self.session.document();
        let pictures = document.included_pictures().filter(|row| {
            let mut boxes = document.annotations(row.id).iter();
            row.review == ReviewState::Proposed || boxes.any(|row| row.state == BoxState::Proposed)
        });
        let pictures: Vec<PictureId> = pictures.map(|row| row.id).collect();
        self.proposing.outdated.extend(pictures);
    }

    fn is_outdated(&self, picture: PictureId) -> bool {
        let row = self.session.document().picture(picture);
        row.is_some_and(|row| row.review != ReviewState::Done && !row.missing && !row.is_excluded)
    }
}
