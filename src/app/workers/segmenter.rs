//! Fits boxes to objects in the background, by [`crate::segment`].
//!
//! A picture is embedded once, which takes a second or two; a prompt then takes a tenth of a second.
//! One thread does both, and loads the network when it is first needed. Prompts come before everything
//! else, then embeddings of the pictures that a person will need next, then measurements of how well
//! fitting works on reviewed pictures.

use std::collections::VecDeque;
use std::sync::Arc;

use super::crash::Worker;
use super::embeddings::Embeddings;
use super::events::{EventSender, PromptAnswer, SegmenterEvent, WorkerEvent};
use super::monitor::Monitor;
use super::requests::PictureRequest;
use super::spawn::{attempt, spawn};
use crate::app::cache::Cache;
use crate::document::PictureId;
use crate::evaluate::rough_box;
use crate::geometry::BBox;
use crate::learn::fit_gate::FitSample;
use crate::nn::ModelError;
use crate::nn::device::DeviceChoice;
use crate::nn::shipped::ModelSource;
use crate::pictures::{self, DecodeLimits};
use crate::segment::{Embedding, NestedBoxes, Prompt, PromptPoint, Segmenter, fitted_box};

/// The number of digits of the network's fingerprint in cache keys.
const VERSION_DIGITS: usize = 12;

/// What is asked about a picture.
#[derive(Clone, Debug, PartialEq)]
pub enum Question {
    /// Which box fits the object in this rough box, in pixels of the picture?
    Fit(BBox),
    /// Which nested boxes may these points mean?
    Points(Vec<PromptPoint>),
}

/// A question with its number, by which the answer is recognised.
#[derive(Clone, Debug, PartialEq)]
pub struct PromptRequest {
    /// Its number.
    pub number: u64,
    /// The picture.
    pub request: PictureRequest,
    /// The question.
    pub question: Question,
}

/// True boxes of a reviewed picture, to measure how well rough boxes are fitted to them.
#[derive(Clone, Debug, PartialEq)]
pub struct MeasureRequest {
    /// The picture.
    pub request: PictureRequest,
    /// The boxes in pixels, each with the seed of its rough box.
    pub truth: Vec<(u64, BBox)>,
}

/// The thread that fits boxes for one opened project.
pub struct SegmenterWorker {
    queue: Arc<Monitor<Queue>>,
}

#[derive(Default)]
struct Queue {
    prompts: VecDeque<PromptRequest>,
    /// Pictures to embed, the most urgent first.
    upcoming: VecDeque<PictureRequest>,
    measurements: VecDeque<Measurement>,
    has_ended: bool,
}

/// A measurement and what it has found so far.
#[derive(Clone, Debug, PartialEq)]
struct Measurement {
    request: MeasureRequest,
    samples: Vec<FitSample>,
}

/// What the thread does next.
#[derive(Clone, Debug, PartialEq)]
enum Job {
    Answer(PromptRequest),
    Embed(PictureRequest),
    /// Measures the next box.
    Measure(Measurement),
}

/// Who waits for the result of a job.
enum AnswerTo {
    Prompt(u64),
    Measurement(PictureId),
    Nobody,
}

impl Job {
    fn answer_to(&self) -> AnswerTo {
        match self {
            Self::Answer(prompt) => AnswerTo::Prompt(prompt.number),
            Self::Embed(_) => AnswerTo::Nobody,
            Self::Measure(measurement) => {
                AnswerTo::Measurement(measurement.request.request.picture)
            }
        }
    }
}

impl SegmenterWorker {
    /// Starts the thread, which waits.
    pub fn new(models: ModelSource, cache: Arc<Cache>, events: &EventSender) -> Self {
        let queue = Arc::<Monitor<Queue>>::default();
        let worker = NetworkThread {
            queue: Arc::clone(&queue),
            models,
            embeddings: Embeddings::new(cache),
            events: events.clone(),
        };
        spawn(Worker::Segmenter, events, move || worker.run(), |_, _| {});
        Self { queue }
    }

    /// Answers a question before everything else.
    pub fn ask(&self, prompt: PromptRequest) {
        self.queue.change(|queue| queue.prompts.push_back(prompt));
    }

    /// Forgets questions that are not answered yet.
    pub fn forget_prompts(&self) {
        self.queue.change(|queue| queue.prompts.clear());
    }

    /// Embeds these pictures in order, unless they are embedded already. Earlier requests that have not
    /// begun are cancelled.
    pub fn embed(&self, pictures: Vec<PictureRequest>) {
        self.queue.change(|queue| queue.upcoming = pictures.into());
    }

    /// Measures on a reviewed picture, if it is embedded, when nothing else is to be done. It replaces an
    /// earlier measurement of the same picture.
    pub fn measure(&self, request: MeasureRequest) {
        self.queue.change(|queue| {
            let picture = request.request.picture;
            queue
                .measurements
                .retain(|other| other.request.request.picture != picture);
            queue.measurements.push_back(Measurement {
                request,
                samples: Vec::new(),
            });
        });
    }
}

impl Drop for SegmenterWorker {
    fn drop(&mut self) {
        self.queue.change(|queue| queue.has_ended = true);
    }
}

impl Queue {
    /// The next job; `Some(None)` if the thread is to end. Questions about pictures that are embedded, as
    /// `is_embedded` says, come before those that have to wait for an embedding.
    fn next(&mut self, is_embedded: impl Fn(&PictureRequest) -> bool) -> Option<Option<Job>> {
        if self.has_ended {
            return Some(None);
        }
        let ready = self
            .prompts
            .iter()
            .position(|prompt| is_embedded(&prompt.request));
        if let Some(prompt) = self.prompts.remove(ready.unwrap_or(0)) {
            return Some(Some(Job::Answer(prompt)));
        }
        if let Some(picture) = self.upcoming.pop_front() {
            return Some(Some(Job::Embed(picture)));
        }
        self.measurements.pop_front().map(Job::Measure).map(Some)
    }
}

/// What the thread owns.
struct NetworkThread {
    queue: Arc<Monitor<Queue>>,
    models: ModelSource,
    embeddings: Embeddings,
    events: EventSender,
}

impl NetworkThread {
    fn run(mut self) {
        let mut network: Option<Segmenter> = None;
        let mut has_failed = false;
        loop {
            let is_embedded = |request: &PictureRequest| {
                network.as_ref().is_some_and(|network| {
                    self.embeddings.is_in_memory(&cache_key(network, request))
                })
            };
            let job = self.queue.wait_for(|queue| queue.next(is_embedded));
            let Some(job) = job else { return };
            if network.is_none() {
                if has_failed && !matches!(job, Job::Answer(_)) {
                    // It is tried again for a person alone.
                    continue;
                }
                let events = &self.events;
                let loaded = attempt(Worker::Segmenter, events, || load(&self.models));
                match loaded.unwrap_or_else(Err) {
                    Ok(loaded) => network = Some(loaded),
                    Err(reason) => {
                        has_failed = true;
                        self.send(SegmenterEvent::Failed(reason.clone()));
                        self.give_up(&job.answer_to(), reason);
                        continue;
                    }
                }
            }
            if let Some(network) = &network {
                let (events, waiting) = (self.events.clone(), job.answer_to());
                let done = attempt(Worker::Segmenter, &events, || self.process(network, job));
                if let Err(sentence) = done {
                    self.give_up(&waiting, sentence);
                }
            }
        }
    }

    /// Answers a job that has failed.
    fn give_up(&self, waiting: &AnswerTo, reason: String) {
        match waiting {
            AnswerTo::Prompt(number) => self.answer(*number, Err(reason)),
            AnswerTo::Measurement(picture) => self.send(SegmenterEvent::Measured {
                picture: *picture,
                samples: Vec::new(),
            }),
            // Somebody who opens the picture sees the reason.
            AnswerTo::Nobody => {}
        }
    }

    fn send(&self, event: SegmenterEvent) {
        self.events.send(WorkerEvent::Segmenter(event));
    }

    fn answer(&self, number: u64, answer: Result<PromptAnswer, String>) {
        self.send(SegmenterEvent::Answer { number, answer });
    }

    fn process(&mut self, network: &Segmenter, job: Job) {
        match job {
            Job::Answer(prompt) => {
                let answer = self
                    .embedding(network, &prompt.request)
                    .and_then(|embedding| {
                        answer(network, &embedding, &prompt.question)
                            .map_err(|error| error.to_string())
                    });
                self.answer(prompt.number, answer);
            }
            // Somebody who opens the picture sees the reason.
            Job::Embed(request) => drop(self.embedding(network, &request)),
            Job::Measure(measurement) => self.measure(network, measurement),
        }
    }

    /// The embedding of a picture, which is computed if it is in no cache.
    fn embedding(
        &mut self,
        network: &Segmenter,
        request: &PictureRequest,
    ) -> Result<Arc<Embedding>, String> {
        let key = cache_key(network, request);
        let embedding = match self.embeddings.get(&key) {
            Some(embedding) => embedding,
            None => {
                let picture = pictures::decode(&request.path, &DecodeLimits::default())
                    .map_err(|error| error.to_string())?;
                let embedding = network.embed(&picture.rgb);
                let embedding = embedding.map_err(|error| error.to_string())?;
                self.embeddings.put(&key, embedding)
            }
        };
        self.send(SegmenterEvent::Embedded(request.version()));
        Ok(embedding)
    }

    /// Measures the next box, and reports when it was the last. Pictures that are not embedded are not
    /// worth an embedding.
    fn measure(&mut self, network: &Segmenter, mut measurement: Measurement) {
        let Measurement { request, samples } = &mut measurement;
        let picture = request.request.picture;
        if let Some(embedding) = self.embeddings.get(&cache_key(network, &request.request))
            && let Some((seed, truth)) = request.truth.pop()
        {
            samples.extend(sample(network, &embedding, &truth, seed));
        } else {
            request.truth.clear();
        }
        if !request.truth.is_empty() {
            let is_other = |other: &Measurement| other.request.request.picture != picture;
            self.queue.change(|queue| {
                // It may have been requested again, with other boxes.
                if queue.measurements.iter().all(is_other) {
                    queue.measurements.push_front(measurement);
                }
            });
            return;
        }
        let samples = std::mem::take(samples);
        self.send(SegmenterEvent::Measured { picture, samples });
    }
}

/// Loads the network, or returns why it cannot be used.
fn load(models: &ModelSource) -> Result<Segmenter, String> {
    let device = DeviceChoice::default().open();
    let network = device.and_then(|device| Segmenter::shipped(models, &device.device));
    network.map_err(|error| error.to_string())
}

fn cache_key(network: &Segmenter, request: &PictureRequest) -> String {
    let digits = network.fingerprint.get(..VERSION_DIGITS);
    format!("{}/{}", request.key, digits.unwrap_or_default())
}

fn answer(
    network: &Segmenter,
    embedding: &Embedding,
    question: &Question,
) -> Result<PromptAnswer, ModelError> {
    match question {
        Question::Fit(rough) => {
            let masks = network.masks(embedding, &Prompt::around(*rough))?;
            Ok(PromptAnswer::Fitted(fitted_box(&masks, rough)))
        }
        Question::Points(points) => {
            let masks = network.masks(embedding, &Prompt::at(points.clone()))?;
            let nested = NestedBoxes::new(&masks, embedding.frame.picture, points.len() == 1);
            Ok(PromptAnswer::Nested(nested))
        }
    }
}

/// Draws a true box roughly and fits it. None if the network fails, or the box is outside the picture.
fn sample(
    network: &Segmenter,
    embedding: &Embedding,
    truth: &BBox,
    seed: u64,
) -> Option<FitSample> {
    let rough = rough_box(truth, embedding.frame.picture, seed)?;
    match answer(network, embedding, &Question::Fit(rough)).ok()? {
        PromptAnswer::Fitted(fitted) => Some(FitSample::new(truth, &rough, fitted.as_ref())),
        PromptAnswer::Nested(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    fn request(id: u32) -> PictureRequest {
        PictureRequest {
            picture: PictureId(id),
            version: 0,
            path: PathBuf::new(),
            key: id.to_string(),
            size: [1, 1],
        }
    }

    fn prompt(number: u64, picture: u32) -> PromptRequest {
        PromptRequest {
            number,
            request: request(picture),
            question: Question::Points(Vec::new()),
        }
    }

    fn measurement(picture: u32) -> Measurement {
        Measurement {
            request: MeasureRequest {
                request: request(picture),
                truth: Vec::new(),
            },
            samples: Vec::new(),
        }
    }

    #[test]
    fn questions_come_first_then_embeddings_in_order_then_measurements() {
        let mut queue = Queue {
            upcoming: [request(1), request(2)].into(),
            measurements: [measurement(3)].into(),
            ..Queue::default()
        };
        let none = |_: &PictureRequest| false;
        assert_eq!(queue.next(none), Some(Some(Job::Embed(request(1)))));
        // It arrives while that embedding is under way.
        queue.prompts.push_back(prompt(7, 2));
        assert_eq!(queue.next(none), Some(Some(Job::Answer(prompt(7, 2)))));
        assert_eq!(queue.next(none), Some(Some(Job::Embed(request(2)))));
        assert_eq!(queue.next(none), Some(Some(Job::Measure(measurement(3)))));
        assert_eq!(queue.next(none), None);
        queue.has_ended = true;
        assert_eq!(queue.next(none), Some(None));
    }

    #[test]
    fn questions_that_can_be_answered_at_once_overtake_those_that_cannot() {
        let mut queue = Queue {
            prompts: [prompt(1, 1), prompt(2, 2), prompt(3, 2)].into(),
            ..Queue::default()
        };
        let is_embedded = |request: &PictureRequest| request.picture == PictureId(2);
        let mut numbers = Vec::new();
        while let Some(Some(Job::Answer(prompt))) = queue.next(is_embedded) {
            numbers.push(prompt.number);
        }
        assert_eq!(numbers, [2, 3, 1]);
    }
}
