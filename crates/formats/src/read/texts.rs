//! TEXT, MTEXT, and the attributes of inserts.

use drawing::{Attribute, Extrusion, HAlign, MText, Point3, Shape, Text, VAlign};

use super::context::Context;
use super::tables::span_of;
use crate::tag::Tag;

impl Context {
    pub fn read_text(&mut self, tags: &[Tag]) -> Shape {
        Shape::Text(self.read_text_line(tags, 73).0)
    }

    /// A line of text, and its name and flags where it is an attribute; its vertical alignment stands in group
    /// `v_align_code`.
    fn read_text_line(&mut self, tags: &[Tag], v_align_code: i16) -> (Text, String, i64) {
        let (mut at, mut second) = (Point3::default(), Point3::default());
        let (mut name, mut flags) = (String::new(), 0);
        let mut text = Text {
            value: String::new(),
            at,
            align_at: None,
            height: 0.0,
            rotation_deg: 0.0,
            width_factor: 1.0,
            oblique_deg: 0.0,
            style: None,
            h_align: HAlign::Left,
            v_align: VAlign::Baseline,
            backward: false,
            upside_down: false,
            extrusion: Extrusion::UP,
        };
        text.extrusion =
            self.read_points(tags, &mut [(0, &mut at), (1, &mut second)], &mut |context, tag| match tag.code {
                1 => text.value = context.text(tag),
                2 => name = context.text(tag),
                7 => text.style = Some(context.style(tag)),
                40 => text.height = context.number(tag),
                41 => text.width_factor = context.number(tag),
                50 => text.rotation_deg = context.number(tag),
                51 => text.oblique_deg = context.number(tag),
                70 => flags = context.integer(tag),
                71 => {
                    let mirrored = context.integer(tag);
                    text.backward = mirrored & 2 != 0;
                    text.upside_down = mirrored & 4 != 0;
                }
                72 => {
                    text.h_align = match context.integer(tag) {
                        1 => HAlign::Center,
                        2 => HAlign::Right,
                        3 => HAlign::Aligned,
                        4 => HAlign::Middle,
                        5 => HAlign::Fit,
                        _ => HAlign::Left,
                    }
                }
                code if code == v_align_code => {
                    text.v_align = match context.integer(tag) {
                        1 => VAlign::Bottom,
                        2 => VAlign::Middle,
                        3 => VAlign::Top,
                        _ => VAlign::Baseline,
                    }
                }
                _ => {}
            });
        let has_second = tags.iter().any(|tag| tag.own && tag.code == 11);
        text.at = at;
        text.align_at = has_second.then_some(second);
        if text.width_factor <= 0.0 {
            text.width_factor = 1.0;
        }
        (text, name, flags)
    }

    /// An ATTRIB object.
    pub fn read_attribute(&mut self, tags: &[Tag]) -> Attribute {
        let outside = self.read_outside(tags);
        let (text, tag, flags) = self.read_text_line(tags, 74);
        let source = span_of(tags);
        Attribute { handle: outside.handle, source, tag, invisible: flags & 1 != 0, style: outside.style, text }
    }

    pub fn read_mtext(&mut self, tags: &[Tag]) -> Shape {
        let (mut at, mut direction) = (Point3::default(), Point3::default());
        let mut value = Vec::new();
        let mut text = MText {
            value: String::new(),
            at,
            height: 0.0,
            width: 0.0,
            attachment: 1,
            rotation_deg: 0.0,
            line_spacing: 1.0,
            style: None,
            extrusion: Extrusion::UP,
        };
        let points = &mut [(0, &mut at), (1, &mut direction)];
        text.extrusion = self.read_points(tags, points, &mut |context, tag| match tag.code {
            // A letter of several bytes may be split between two of these.
            1 | 3 => value.extend_from_slice(tag.value),
            7 => text.style = Some(context.style(tag)),
            40 => text.height = context.number(tag),
            41 => text.width = context.number(tag),
            44 => text.line_spacing = context.number(tag),
            50 => text.rotation_deg = context.number(tag),
            71 => text.attachment = context.integer(tag).clamp(1, 9) as u8,
            _ => {}
        });
        text.at = at;
        text.value = self.charset.decode(&value);
        if direction.x != 0.0 || direction.y != 0.0 {
            text.rotation_deg = direction.y.atan2(direction.x).to_degrees();
        }
        Shape::MText(text)
    }
}
