//! Devices that networks run on. Only this file depends on the accelerators of a build.

use std::fmt;
use std::str::FromStr;

use candle_core::Device;

use super::error::ModelError;

/// A device as the user asks for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DeviceChoice {
    /// The first accelerator that works; the CPU if there is none.
    #[default]
    Auto,
    /// The CPU.
    Cpu,
    /// A CUDA device by its number.
    Cuda(usize),
    /// Apple's Metal.
    Metal,
}

impl FromStr for DeviceChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once(':') {
            None if text == "auto" => Ok(Self::Auto),
            None if text == "cpu" => Ok(Self::Cpu),
            None if text == "cuda" => Ok(Self::Cuda(0)),
            None if text == "metal" => Ok(Self::Metal),
            Some(("cuda", ordinal)) => ordinal
                .parse()
                .map(Self::Cuda)
                .map_err(|_| format!("{ordinal:?} is not a device number; write cuda:0")),
            _ => Err(format!(
                "{text:?} is not a device; choose auto, cpu, cuda, cuda:N or metal"
            )),
        }
    }
}

impl fmt::Display for DeviceChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => write!(f, "auto"),
            Self::Cpu => write!(f, "cpu"),
            Self::Cuda(ordinal) => write!(f, "cuda:{ordinal}"),
            Self::Metal => write!(f, "metal"),
        }
    }
}

/// An opened device, with a notice for the user if it is not the preferred one.
pub struct OpenDevice {
    /// The device.
    pub device: Device,
    /// Its name in messages: `cpu`, `cuda:0`, `metal`.
    pub name: String,
    /// Why `auto` fell back to the CPU although the build supports an accelerator.
    pub notice: Option<String>,
}

impl DeviceChoice {
    /// Opens the device.
    ///
    /// # Errors
    /// [`ModelError::Device`] if a device that was requested by name is not available. `auto` falls back to
    /// the CPU with a notice.
    pub fn open(self) -> Result<OpenDevice, ModelError> {
        let opened = |device, choice: Self, notice| OpenDevice {
            device,
            name: choice.to_string(),
            notice,
        };
        match self {
            Self::Cpu => Ok(opened(Device::Cpu, self, None)),
            Self::Cuda(_) | Self::Metal => self
                .accelerator()
                .map(|device| opened(device, self, None))
                .map_err(|reason| ModelError::Device {
                    name: self.to_string(),
                    reason,
                }),
            Self::Auto => {
                let mut notice = None;
                // The CPU is the first of them, and the last resort.
                for choice in Self::supported().into_iter().skip(1) {
                    match choice.accelerator() {
                        Ok(device) => return Ok(opened(device, choice, None)),
                        Err(reason) => {
                            notice = Some(format!(
                                "{choice} cannot be used, the CPU is used instead: {reason}"
                            ));
                        }
                    }
                }
                Ok(opened(Device::Cpu, Self::Cpu, notice))
            }
        }
    }

    /// The devices that this build supports, whether or not they work here.
    pub fn supported() -> Vec<Self> {
        let accelerators = [
            (cfg!(feature = "cuda"), Self::Cuda(0)),
            (cfg!(feature = "metal"), Self::Metal),
        ];
        let accelerators = accelerators.into_iter().filter(|(built_in, _)| *built_in);
        [Self::Cpu]
            .into_iter()
            .chain(accelerators.map(|(_, choice)| choice))
            .collect()
    }

    fn accelerator(self) -> Result<Device, String> {
        let (feature, built_in) = match self {
            Self::Cuda(_) => ("cuda", cfg!(feature = "cuda")),
            _ => ("metal", cfg!(feature = "metal")),
        };
        if !built_in {
            return Err(format!(
                "this build has no {feature} support; build it with `--features {feature}` or use \
                 `--device cpu`"
            ));
        }
        let device = match self {
            Self::Cuda(ordinal) => Device::new_cuda(ordinal),
            _ => Device::new_metal(0),
        };
        device.map_err(|error| error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_are_parsed_and_printed() {
        for (text, choice) in [
            ("auto", DeviceChoice::Auto),
            ("cpu", DeviceChoice::Cpu),
            ("cuda:3", DeviceChoice::Cuda(3)),
            ("metal", DeviceChoice::Metal),
        ] {
            assert_eq!(text.parse(), Ok(choice));
            assert_eq!(choice.to_string(), text);
        }
        assert_eq!("cuda".parse(), Ok(DeviceChoice::Cuda(0)));
        for wrong in ["", "gpu", "cuda:", "cuda:x", "cpu:1"] {
            assert!(wrong.parse::<DeviceChoice>().is_err(), "{wrong}");
        }
    }

    #[cfg(not(any(feature = "cuda", feature = "metal")))]
    #[test]
    fn a_device_without_support_in_this_build_is_refused_and_auto_is_the_cpu() {
        assert_eq!(
            DeviceChoice::Auto.open().map(|d| d.name).ok().as_deref(),
            Some("cpu")
        );
        let refused = DeviceChoice::Cuda(0).open().err().map(|e| e.to_string());
        assert!(refused.is_some_and(|text| text.contains("--features cuda")));
    }
}
