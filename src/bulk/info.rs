//! The `info` of a run's COCO file: how its boxes were made, and how the run ended.
//!
//! All of it but the outcome are settings that a resumed run has to repeat, and that shards to be
//! merged have to share. A new setting belongs in [`RunInfo::new`] and nowhere else.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::categories::RunCategories;
use super::job::BulkJob;
use crate::propose::{NetworksRef, PipelineSettings};
use crate::tscam::NetworkIdentity;

/// The networks that took part, each with its hash. Files of the first versions do not have it.
const NETWORKS: &str = "networks";

/// What [`NETWORKS`] contains, too, and what was all that the first versions had.
const NETWORKS_BEFORE: [&str; 2] = ["model_sha256", "head_sha256"];

/// The number of digits of a hash that are shown.
const SHOWN_DIGITS: usize = 12;

/// Whether the run was interrupted.
const INTERRUPTED: &str = "interrupted";

/// Why pictures failed, in one sentence each.
const FAILED: &str = "failed";

/// Which part of the pictures the file has.
const SHARD: &str = "shard";

/// The `info` of a run's COCO file.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct RunInfo(Map<String, Value>);

impl RunInfo {
    /// The settings of a run.
    pub fn new(job: &BulkJob, networks: NetworksRef<'_>, categories: &RunCategories) -> Self {
        let model = networks.model;
        // Without the detector, the pool consists of the regions of the maps.
        let is_judged = networks.detector.is_some();
        let PipelineSettings {
            method,
            input_options,
            boxes,
        } = &job.settings;
        // The options of the boxes come first, so that the effective values below replace them.
        let mut info = match serde_json::to_value(boxes) {
            Ok(Value::Object(boxes)) => boxes,
            _ => Map::new(),
        };
        let mut set = |key: &str, value: Value| {
            info.insert(key.to_owned(), value);
        };
        let patches = input_options.patches;
        let patches = patches.unwrap_or_else(|| model.backbone().default_patches());
        let method = if is_judged { *method } else { method.of_maps() };
        let threshold = boxes.threshold.unwrap_or(method.default_threshold());
        set(
            "description",
            "Box proposals by Tsukami, not reviewed by a person".into(),
        );
        set("version", env!("CARGO_PKG_VERSION").into());
        set("model", json!(model.name));
        set("model_sha256", json!(model.fingerprint));
        set(NETWORKS, json!(networks.identities(input_options.quality)));
        set("method", method.name().into());
        set("patches", patches.into());
        set("square", input_options.square.into());
        set("quality", input_options.quality.name().into());
        set("threshold", shortest_decimal(threshold));
        let min_score = boxes.min_score.unwrap_or(method.default_min_score());
        set("min_score", shortest_decimal(min_score));
        let tags = if job.folder_tags { "folders" } else { "none" };
        set("tags", tags.into());
        if job.folder_tags {
            // The ids of categories follow from the folders, so these must be the same, too.
            set("classes", categories.of_folders().collect());
        }
        if !job.naming.is_empty() {
            let naming = serde_json::to_value(&job.naming);
            set("class_map", naming.unwrap_or_default());
        }
        if let Some(head) = model.head().and_then(|head| head.fingerprint.clone()) {
            set("head_sha256", head.into());
        }
        if let Some(shard) = job.shard {
            set(SHARD, shard.to_string().into());
        }
        Self(info)
    }

    /// The settings that differ, as `key: before, now after`; `None` if all are the same. How the
    /// runs ended does not count, and the list of networks only if both have one.
    pub fn differences(&self, now: &Self) -> Option<String> {
        let networks = self.networks().zip(now.networks());
        let (before, now) = (&self.0, &now.0);
        let is_setting = |key: &str| {
            let is_network = networks.is_some() && NETWORKS_BEFORE.contains(&key);
            ![INTERRUPTED, FAILED, NETWORKS].contains(&key) && !is_network
        };
        let keys: BTreeSet<&String> = before.keys().chain(now.keys()).collect();
        let mut differing: Vec<String> = keys
            .into_iter()
            .filter(|key| is_setting(key) && before.get(*key) != now.get(*key))
            .map(|key| {
                let show = |map: &Map<String, Value>| {
                    map.get(key).map_or("none".to_owned(), Value::to_string)
                };
                format!("{key}: {}, now {}", show(before), show(now))
            })
            .collect();
        if let Some((before, now)) = &networks {
            differing.extend(network_differences(before, now));
        }
        (!differing.is_empty()).then(|| differing.join("; "))
    }

    /// Takes the list of networks of another run over if this one has none, so that further runs are
    /// compared with it.
    pub fn complete_networks(&mut self, other: &Self) {
        if let Some(networks) = other.0.get(NETWORKS) {
            let own = self.0.entry(NETWORKS.to_owned());
            own.or_insert_with(|| networks.clone());
        }
    }

    /// The networks that took part, if they are stated.
    fn networks(&self) -> Option<Vec<NetworkIdentity>> {
        serde_json::from_value(self.0.get(NETWORKS)?.clone()).ok()
    }

    /// Whether the run was interrupted.
    pub fn is_interrupted(&self) -> bool {
        self.0.contains_key(INTERRUPTED)
    }

    /// States how the run ended.
    pub fn set_outcome(&mut self, is_interrupted: bool, failed: &[String]) {
        if is_interrupted {
            self.0.insert(INTERRUPTED.to_owned(), true.into());
        }
        if !failed.is_empty() {
            self.0.insert(FAILED.to_owned(), json!(failed));
        }
    }

    /// Takes out the sentences about failed pictures.
    pub fn take_failed(&mut self) -> Vec<String> {
        let Some(Value::Array(failed)) = self.0.remove(FAILED) else {
            return Vec::new();
        };
        let failed = failed.into_iter().map(|reason| match reason {
            Value::String(reason) => reason,
            other => other.to_string(),
        });
        failed.collect()
    }

    /// Takes out which part of the pictures the file has.
    pub fn take_shard(&mut self) -> Option<Value> {
        self.0.remove(SHARD)
    }
}

impl From<Map<String, Value>> for RunInfo {
    fn from(info: Map<String, Value>) -> Self {
        Self(info)
    }
}

impl From<RunInfo> for Map<String, Value> {
    fn from(info: RunInfo) -> Self {
        info.0
    }
}

/// The networks of which the hash differs or that are in one list only.
fn network_differences(before: &[NetworkIdentity], now: &[NetworkIdentity]) -> Vec<String> {
    let names: BTreeSet<&String> = before.iter().chain(now).map(|it| &it.name).collect();
    let hash = |list: &[NetworkIdentity], name: &str| {
        let network = list.iter().find(|network| network.name == name);
        network.map(|network| network.sha256.clone())
    };
    let differing = names.into_iter().filter_map(|name| {
        let (before, now) = (hash(before, name), hash(now, name));
        let show = |hash: &Option<String>| match hash {
            Some(hash) => hash.chars().take(SHOWN_DIGITS).collect(),
            None => "none".to_owned(),
        };
        (before != now).then(|| format!("{name}: {}, now {}", show(&before), show(&now)))
    });
    differing.collect()
}

/// A number with the digits of 32 bits, without those that 64 bits would add.
fn shortest_decimal(number: f32) -> Value {
    number
        .to_string()
        .parse::<f64>()
        .map_or(Value::Null, Value::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn info(networks: Option<&[(&str, &str)]>) -> RunInfo {
        let mut info = json!({ "quality": "balanced", "model_sha256": "a0" });
        if let Some(networks) = networks {
            let networks = networks.iter();
            let networks = networks.map(|(name, sha256)| NetworkIdentity::new(name, sha256));
            info[NETWORKS] = json!(networks.collect::<Vec<_>>());
        }
        serde_json::from_value(info).unwrap()
    }

    #[test]
    fn every_network_is_compared() {
        let before = info(Some(&[("backbone", "a0"), ("companion", "b0")]));
        assert_eq!(before.differences(&before), None);
        let now = info(Some(&[
            ("detector", "0123456789abcdef"),
            ("companion", "b1"),
            ("backbone", "a0"),
        ]));
        assert_eq!(
            before.differences(&now).as_deref(),
            Some("companion: b0, now b1; detector: none, now 0123456789ab")
        );
        // Their order does not count.
        let now = info(Some(&[("companion", "b0"), ("backbone", "a0")]));
        assert_eq!(before.differences(&now), None);
    }

    #[test]
    fn a_run_without_the_list_is_compared_as_before() {
        let old = info(None);
        let mut other = info(Some(&[("backbone", "a0"), ("companion", "b0")]));
        assert_eq!(old.differences(&other), None);
        assert_eq!(other.differences(&old), None);
        let mut completed = old.clone();
        completed.complete_networks(&other);
        assert_eq!(completed, other);
        other.0.insert("model_sha256".to_owned(), "a1".into());
        assert_eq!(
            old.differences(&other).as_deref(),
            Some(r#"model_sha256: "a0", now "a1""#)
        );
    }
}
