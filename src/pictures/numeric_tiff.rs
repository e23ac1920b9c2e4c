//! TIFF files of measurements: grey or RGB samples that are floats, signed, or of 32 and 64 bits, which
//! the picture library does not read. They become floats, which are stretched to be seen.

use std::io::{Read, Seek};

use image::error::{DecodingError, UnsupportedError, UnsupportedErrorKind};
use image::metadata::Orientation;
use image::{ColorType, ImageDecoder, ImageError, ImageFormat, ImageResult};
use tiff::decoder::{Decoder, DecodingResult, Limits};
use tiff::tags::{SampleFormat, Tag};
use tiff::{ColorType as TiffColor, TiffError};

/// The bytes of a pixel in the result: three floats.
const PIXEL_BYTES: usize = 12;

/// The decoder of such a file.
pub struct NumericTiff<R: Read + Seek> {
    decoder: Decoder<R>,
    size: (u32, u32),
    channels: usize,
}

/// Whether the first picture of a TIFF is of this kind. `false` as well if its header cannot be read.
pub fn is_numeric(bytes: impl Read + Seek) -> bool {
    let kind = || -> Result<_, TiffError> {
        let mut decoder = Decoder::new(bytes)?;
        let formats = decoder.find_tag_unsigned_vec::<u16>(Tag::SampleFormat)?;
        let format = formats.and_then(|formats| SampleFormat::from_u16(*formats.first()?));
        Ok((decoder.colortype()?, format.unwrap_or(SampleFormat::Uint)))
    };
    match kind() {
        Ok((TiffColor::Gray(bits) | TiffColor::RGB(bits), SampleFormat::Uint)) => bits > 16,
        Ok((TiffColor::Gray(_) | TiffColor::RGB(_), SampleFormat::Int)) => true,
        Ok((TiffColor::Gray(_), SampleFormat::IEEEFP)) => true,
        Ok((TiffColor::RGB(bits), SampleFormat::IEEEFP)) => bits != 32,
        _ => false,
    }
}

impl<R: Read + Seek> NumericTiff<R> {
    /// Reads the header. The samples may have up to `max_bytes`.
    ///
    /// # Errors
    /// If the header is damaged, or the planes are stored apart.
    pub fn new(bytes: R, max_bytes: u64) -> ImageResult<Self> {
        let mut limits = Limits::default();
        limits.decoding_buffer_size = usize::try_from(max_bytes).unwrap_or(usize::MAX);
        let decoder = Decoder::new(bytes).map_err(image_error)?;
        let mut decoder = decoder.with_limits(limits);
        let size = decoder.dimensions().map_err(image_error)?;
        let channels = match decoder.colortype().map_err(image_error)? {
            TiffColor::RGB(_) => 3,
            _ => 1,
        };
        let planes = decoder
            .find_tag_unsigned::<u16>(Tag::PlanarConfiguration)
            .map_err(image_error)?;
        if channels == 3 && planes == Some(2) {
            return Err(unsupported("its planes are stored apart"));
        }
        Ok(Self {
            decoder,
            size,
            channels,
        })
    }
}

impl<R: Read + Seek> ImageDecoder for NumericTiff<R> {
    fn dimensions(&self) -> (u32, u32) {
        self.size
    }

    fn color_type(&self) -> ColorType {
        ColorType::Rgb32F
    }

    fn orientation(&mut self) -> ImageResult<Orientation> {
        let tag = self.decoder.find_tag_unsigned::<u8>(Tag::Orientation);
        let orientation = tag.ok().flatten().and_then(Orientation::from_exif);
        Ok(orientation.unwrap_or(Orientation::NoTransforms))
    }

    fn read_image(mut self, buffer: &mut [u8]) -> ImageResult<()> {
        let channels = self.channels;
        match self.decoder.read_image().map_err(image_error)? {
            DecodingResult::U8(samples) => write(buffer, channels, &samples, f32::from),
            DecodingResult::I8(samples) => write(buffer, channels, &samples, f32::from),
            DecodingResult::U16(samples) => write(buffer, channels, &samples, f32::from),
            DecodingResult::I16(samples) => write(buffer, channels, &samples, f32::from),
            DecodingResult::U32(samples) => write(buffer, channels, &samples, |v| v as f32),
            DecodingResult::I32(samples) => write(buffer, channels, &samples, |v| v as f32),
            DecodingResult::U64(samples) => write(buffer, channels, &samples, |v| v as f32),
            DecodingResult::I64(samples) => write(buffer, channels, &samples, |v| v as f32),
            DecodingResult::F16(samples) => write(buffer, channels, &samples, half::f16::to_f32),
            DecodingResult::F32(samples) => write(buffer, channels, &samples, |v| v),
            DecodingResult::F64(samples) => write(buffer, channels, &samples, |v| v as f32),
        }
        Ok(())
    }

    fn read_image_boxed(self: Box<Self>, buffer: &mut [u8]) -> ImageResult<()> {
        (*self).read_image(buffer)
    }
}

/// Writes samples as RGB floats.
fn write<T: Copy>(buffer: &mut [u8], channels: usize, samples: &[T], value: impl Fn(T) -> f32) {
    let pixels = buffer.chunks_exact_mut(PIXEL_BYTES);
    for (pixel, samples) in pixels.zip(samples.chunks_exact(channels)) {
        for (at, bytes) in pixel.chunks_exact_mut(4).enumerate() {
            let sample = samples[at.min(channels - 1)];
            bytes.copy_from_slice(&value(sample).to_ne_bytes());
        }
    }
}

/// The error in the words of the picture library.
fn image_error(error: TiffError) -> ImageError {
    match error {
        TiffError::IoError(error) => ImageError::IoError(error),
        TiffError::UnsupportedError(error) => unsupported(&error.to_string()),
        error => ImageError::Decoding(DecodingError::new(ImageFormat::Tiff.into(), error)),
    }
}

fn unsupported(reason: &str) -> ImageError {
    let kind = UnsupportedErrorKind::GenericFeature(reason.to_owned());
    let format = ImageFormat::Tiff.into();
    ImageError::Unsupported(UnsupportedError::from_format_and_kind(format, kind))
}
