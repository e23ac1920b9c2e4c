//! Tests of import and export, by format and by rule.

mod attributes;
mod coco;
mod coco_export;
mod coco_file;
mod common;
mod documents;
mod excluded;
mod exporting_again;
mod foreign;
mod labelme;
mod layouts;
mod merging;
mod names;
mod odd_names;
mod overwriting;
mod plans;
mod results;
mod round_trip;
mod sizes;
mod subsets;
mod tags;
mod untrusted;
mod voc;
mod yolo;
