//! TEXT, MTEXT and the attributes of inserts.

use drawing::{HAlign, Insert, MText, Style, Text, VAlign};
use geometry::{Affine, Point, Rect, Vec2};

use super::{Look, Lowering, Place, plane};
use crate::measure::Extent;
use crate::options::TextMode;
use crate::painter::Mark;
use crate::path::Piece;
use crate::styles::Inherited;
use crate::text::codes;
use crate::text::mtext::{Letter, Line, paragraphs, wrap};

/// Distance of the lines of an MTEXT, in heights of a capital, at a spacing of 1.
const LINE_SPACING: f64 = 5.0 / 3.0;
/// Below the baseline that a text held at its bottom is held, in heights of a capital: what `g` and `p` need.
const DESCENDER: f64 = 0.3;
/// Half the height of small letters, where a text held at its middle is held.
const SMALL_MIDDLE: f64 = 0.36;
/// Letters lower than this on screen are drawn as a line, pixels.
const LETTER_PX_MIN: f64 = 2.5;

impl Lowering<'_> {
    pub(super) fn text(&mut self, text: &Text, place: &Place, look: &Look) {
        let to_world = place.to_world * plane(text.extrusion, text.at.z);
        let held = held_at(text);
        let pen = self.pen(look);
        self.painter.mark(Mark::Insertion, to_world * held, &pen);
        if self.setting.options.text == TextMode::None || !is_size(text.height) {
            return;
        }
        let value = codes::plain(&text.value);
        let letters = value.chars().map(|letter| Letter { letter, height: 1.0, width: 1.0 }).collect();
        let line = Line { letters };
        let width = line.width(&|c| self.setting.options.fonts.advance(c)) * text.height;
        let factor = if is_size(text.width_factor) { text.width_factor } else { 1.0 };
        let (mut along, mut up, mut rotation) = (factor, 1.0, text.rotation_deg.to_radians());
        if matches!(text.h_align, HAlign::Aligned | HAlign::Fit)
            && let Some(end) = text.align_at
        {
            let span = end.xy() - text.at.xy();
            if span.hypot() > 0.0 && width > 0.0 {
                rotation = span.atan2();
                along = span.hypot() / width;
                up = if text.h_align == HAlign::Aligned { along } else { 1.0 };
            }
        }
        let x = match text.h_align {
            HAlign::Left | HAlign::Aligned | HAlign::Fit => 0.0,
            HAlign::Center | HAlign::Middle => 0.5,
            HAlign::Right => 1.0,
        };
        let y = match (text.h_align, text.v_align) {
            (HAlign::Middle, _) => SMALL_MIDDLE,
            (HAlign::Aligned | HAlign::Fit, _) | (_, VAlign::Baseline) => 0.0,
            (_, VAlign::Bottom) => -DESCENDER,
            (_, VAlign::Middle) => 0.5,
            (_, VAlign::Top) => 1.0,
        };
        let mirror = |on: bool| if on { -1.0 } else { 1.0 };
        let skew = Affine::skew(text.oblique_deg.clamp(-85.0, 85.0).to_radians().tan(), 0.0);
        let letters_to_plane = Affine::translate(held.to_vec2())
            * Affine::rotate(rotation)
            * Affine::scale_non_uniform(along * mirror(text.backward), up * mirror(text.upside_down))
            * skew
            * Affine::translate(Vec2::new(-x * width, -y * text.height));
        self.letters(&line, to_world * letters_to_plane, text.height, look);
    }

    pub(super) fn mtext(&mut self, text: &MText, place: &Place, look: &Look) {
        let pen = self.pen(look);
        self.painter.mark(Mark::Insertion, place.to_world * text.at.xy(), &pen);
        if self.setting.options.text == TextMode::None || !is_size(text.height) {
            return;
        }
        let fonts = self.setting.options.fonts.clone();
        let style = text.style.and_then(|id| self.setting.drawing.text_style(id));
        let factor = style.map_or(1.0, |style| style.width_factor);
        let factor = if is_size(factor) { factor } else { 1.0 };
        let advance = |c: char| fonts.advance(c) * factor;
        let lines = wrap(paragraphs(&text.value, text.height), text.width / text.height, &advance);
        let spacing = LINE_SPACING * if is_size(text.line_spacing) { text.line_spacing } else { 1.0 };
        let widths: Vec<f64> = lines.iter().map(|line| line.width(&advance)).collect();
        let widest = widths.iter().copied().fold(0.0, f64::max);
        let box_width = if is_size(text.width) { text.width / text.height } else { widest };
        // Baselines below the top, in heights.
        let mut baselines = Vec::with_capacity(lines.len());
        let mut y = 0.0;
        for (i, line) in lines.iter().enumerate() {
            y -= if i == 0 { line.height() } else { line.height() * spacing };
            baselines.push(y);
        }
        let (first, last) = (lines.first().map_or(1.0, Line::height), baselines.last().copied().unwrap_or(0.0));
        let column = f64::from((text.attachment.clamp(1, 9) - 1) % 3) / 2.0;
        let held_y = match (text.attachment.clamp(1, 9) - 1) / 3 {
            0 => 0.0,
            1 => (-first + 2.0 * SMALL_MIDDLE * first + last) / 2.0,
            _ => last - DESCENDER,
        };
        // The rotation is that of the baseline in the world's plane; up is the extrusion direction x the baseline.
        let [_, _, n] = text.extrusion.axes();
        let turned = Affine::rotate(text.rotation_deg.to_radians()) * Affine::scale_non_uniform(1.0, n.z);
        let to_world = place.to_world
            * Affine::translate(text.at.xy().to_vec2())
            * turned
            * Affine::scale(text.height)
            * Affine::translate(Vec2::new(-column * box_width, -held_y));
        for ((line, baseline), width) in lines.iter().zip(&baselines).zip(&widths) {
            let x = column * (box_width - width);
            let at = Affine::translate(Vec2::new(x, *baseline)) * Affine::scale_non_uniform(factor, 1.0);
            self.letters(line, to_world * at, 1.0, look);
        }
    }

    /// The attributes of an insert that are shown. They stand in the space of the insert, not in its block.
    pub(super) fn attributes(&mut self, insert: &Insert, inside: &Inherited, place: &Place) {
        for attribute in insert.attributes.iter().filter(|attribute| !attribute.invisible && attribute.style.visible) {
            let look = self.attribute_look(&attribute.style, inside);
            self.text(&attribute.text, place, &look);
        }
    }

    /// What the attributes of an insert cover in its first copy, in the coordinates of its owner.
    pub(super) fn extent_of_attributes(&self, insert: &Insert, inside: &Inherited) -> Option<Rect> {
        let mut extent = Extent::default();
        if !insert.attributes.is_empty() {
            Lowering::new(self.setting, &mut extent).attributes(insert, inside, &Place::top());
        }
        extent.0
    }

    fn attribute_look(&self, style: &Style, inside: &Inherited) -> Look {
        Look { key: crate::enumerate::attribute_key(self.setting.drawing, inside, style), dashes: Vec::new() }
    }

    /// A line of letters from (0, 0) along the x axis; `height` is that of a capital in those coordinates.
    fn letters(&mut self, line: &Line, to_world: Affine, height: f64, look: &Look) {
        if !to_world.is_finite() || !height.is_finite() {
            return;
        }
        let fonts = self.setting.options.fonts.clone();
        let boxes = self.setting.options.text == TextMode::Boxes;
        let on_screen = height * to_world.determinant().abs().sqrt() * self.setting.px_per_unit;
        let legible = on_screen >= LETTER_PX_MIN;
        let with_letters = !boxes && legible && self.painter.wants_texture();
        let tolerance = crate::options::Band::TOLERANCE_PX / on_screen.max(f64::MIN_POSITIVE);
        let (mut pen_x, mut ink): (f64, Option<Rect>) = (0.0, None);
        let mut around: Option<Rect> = None;
        let pen = self.pen(look);
        for letter in &line.letters {
            let scale = height * letter.height;
            if let Some(own) = fonts.ink(letter.letter) {
                let at =
                    Affine::translate(Vec2::new(pen_x, 0.0)) * Affine::scale_non_uniform(scale * letter.width, scale);
                let own = at.transform_rect_bbox(own);
                ink = Some(ink.map_or(own, |all| all.union(own)));
                let seen = to_world.transform_rect_bbox(own);
                around = Some(around.map_or(seen, |all| all.union(seen)));
                if self.painter.is_full() {
                    self.painter.left_out();
                    return;
                }
                if with_letters {
                    self.painter.glyph(&fonts.glyph(letter.letter, tolerance), to_world * at, &pen);
                }
            }
            pen_x += fonts.advance(letter.letter) * scale * letter.width;
        }
        let (Some(ink), Some(around)) = (ink, around) else { return };
        let area = ink.union(Rect::new(0.0, 0.0, pen_x, height));
        self.painter.area(&[corners(area).map(|p| to_world * p).to_vec()], &pen);
        if boxes {
            let [a, b, c, d] = corners(around);
            let path = [(a, b), (b, c), (c, d), (d, a)].map(|(from, to)| Piece::Line(from, to));
            self.stroke(&path, look);
        } else if !legible && self.painter.wants_texture() {
            let y = (ink.y0.max(0.0) + ink.y1) / 2.0;
            let path = [Piece::Line(to_world * Point::new(ink.x0, y), to_world * Point::new(ink.x1, y))];
            self.stroke(&path, &Look { key: look.key.clone(), dashes: Vec::new() });
        }
    }
}

/// Where a text is held, in its plane.
fn held_at(text: &Text) -> Point {
    let plain = text.h_align == HAlign::Left && text.v_align == VAlign::Baseline;
    let first = plain || matches!(text.h_align, HAlign::Aligned | HAlign::Fit);
    if first { text.at.xy() } else { text.align_at.unwrap_or(text.at).xy() }
}

fn is_size(size: f64) -> bool {
    size.is_finite() && size > 0.0
}

fn corners(r: Rect) -> [Point; 4] {
    [Point::new(r.x0, r.y0), Point::new(r.x1, r.y0), Point::new(r.x1, r.y1), Point::new(r.x0, r.y1)]
}
