//! A texture on a part of the picture, turned as the view is.

use egui::epaint::Vertex;
use egui::{Color32, Mesh, Painter, Rect, Shape, TextureId};

use crate::app::canvas::view::ViewTransform;

/// Paints the part `uv` of a texture, in 0..=1, on a `place` in pixels of the picture.
pub fn image(
    painter: &Painter,
    view: &ViewTransform,
    texture: TextureId,
    place: Rect,
    uv: Rect,
    tint: Color32,
) {
    let corner = |place: egui::Pos2, uv| Vertex {
        pos: view.to_screen(place.x, place.y),
        uv,
        color: tint,
    };
    let mut mesh = Mesh::with_texture(texture);
    mesh.vertices = vec![
        corner(place.left_top(), uv.left_top()),
        corner(place.right_top(), uv.right_top()),
        corner(place.left_bottom(), uv.left_bottom()),
        corner(place.right_bottom(), uv.right_bottom()),
    ];
    mesh.indices = vec![0, 1, 2, 2, 1, 3];
    painter.add(Shape::mesh(mesh));
}
