//! What an entity says, without how the ids and places of its file are numbered: for two readings of two files.

use drawing::{
    BlockId, Drawing, Entity, EntityId, LayerId, LineStyle, Order, PolylineForm, Shape, Style, Text, TextStyleId,
};

/// An entity with names in place of ids, in words.
pub fn said(drawing: &Drawing, entity: &Entity) -> String {
    let mut names = Vec::new();
    let mut entity = entity.clone();
    (entity.id, entity.order, entity.source) = (EntityId(0), Order(0), None);
    names.push(block_name(drawing, &mut entity.owner));
    style_names(drawing, &mut entity.style, &mut names);
    match &mut entity.shape {
        Shape::Insert(insert) => {
            names.push(block_name(drawing, &mut insert.block));
            for attribute in &mut insert.attributes {
                (attribute.handle, attribute.source) = (None, None);
                style_names(drawing, &mut attribute.style, &mut names);
                text_names(drawing, &mut attribute.text, &mut names);
            }
        }
        Shape::Dimension(dimension) => {
            names.extend(dimension.block.as_mut().map(|block| block_name(drawing, block)));
            dimension.world_points.sort_by_key(|(code, _)| *code);
            dimension.object_points.sort_by_key(|(code, _)| *code);
        }
        Shape::Text(text) => text_names(drawing, text, &mut names),
        Shape::MText(text) => names.push(text_style_name(drawing, &mut text.style)),
        // Files from before AC1014 have heavy ones only.
        Shape::Polyline(polyline) if polyline.form == PolylineForm::Light => polyline.form = PolylineForm::Heavy,
        _ => {}
    }
    format!("{names:?} {:?} {:?} {:?}", entity.handle, entity.style, entity.shape)
}

fn block_name(drawing: &Drawing, id: &mut BlockId) -> String {
    let block = drawing.block(std::mem::replace(id, BlockId(0)));
    block.expect("a block").name.to_uppercase()
}

fn text_style_name(drawing: &Drawing, style: &mut Option<TextStyleId>) -> String {
    let style = style.take().and_then(|style| drawing.text_style(style));
    style.map_or_else(String::new, |style| style.name.to_uppercase())
}

fn text_names(drawing: &Drawing, text: &mut Text, names: &mut Vec<String>) {
    names.push(text_style_name(drawing, &mut text.style));
}

fn style_names(drawing: &Drawing, style: &mut Style, names: &mut Vec<String>) {
    let layer = drawing.layer(std::mem::replace(&mut style.layer, LayerId(0)));
    names.push(layer.expect("a layer").name.to_uppercase());
    if let LineStyle::Named(id) = style.linetype {
        names.push(drawing.linetype(id).expect("a linetype").name.to_uppercase());
        style.linetype = LineStyle::ByLayer;
    }
}
