//! Gradients against finite differences and PyTorch, and whole runs on small pictures.

mod gradients;
mod reference;
mod runs;
