//! The effort of the simulated annotator who has boxes fitted to objects.

use super::review::{FittedReview, SimulatedPicture, SimulationRun};
use crate::cli::box_fitting::{BoxFitter, ProposedPicture};

/// Adds the effort with fitting to every review of runs over the same pictures.
///
/// # Errors
/// If a picture cannot be read again, or the network fails.
pub fn fit_reviews(
    fitter: &BoxFitter,
    pictures: &[SimulatedPicture<'_>],
    runs: &mut [SimulationRun],
) -> anyhow::Result<()> {
    // A picture is embedded once for all runs: first its boxes without learning, which are the same in
    // each, then those with learning of one run after another.
    let mut proposed: Vec<ProposedPicture<'_>> = pictures
        .iter()
        .map(|picture| ProposedPicture {
            picture: picture.source,
            cases: vec![picture.case()],
        })
        .collect();
    for run in &*runs {
        for review in &run.reviews {
            proposed[review.picture].cases.push(review.case(true));
        }
    }
    let efforts = fitter.efforts(&proposed)?;
    for (index, run) in runs.iter_mut().enumerate() {
        for review in &mut run.reviews {
            let efforts = &efforts[review.picture];
            review.with_fit = Some(FittedReview {
                off: efforts[0],
                on: efforts[index + 1],
            });
        }
    }
    Ok(())
}
