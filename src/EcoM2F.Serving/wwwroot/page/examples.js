// The example photos, each with its source and licence; THIRD-PARTY-NOTICES.md lists them too.
const CC_BY_2 = { licence: 'CC BY 2.0', terms: 'https://creativecommons.org/licenses/by/2.0/' };
const CC_BY_4 = { licence: 'CC BY 4.0', terms: 'https://creativecommons.org/licenses/by/4.0/' };
const CC0 = { licence: 'CC0', terms: 'https://creativecommons.org/publicdomain/zero/1.0/' };

export const examples = [
  { name: 'skier', title: 'Skier', by: 'Flickr 6795644157', source: 'https://farm8.staticflickr.com/7015/6795644157_f019453ae7_z.jpg', ...CC_BY_2 },
  { name: 'facade', title: 'Facade', by: 'a-hwang/building-facade-segmentation', source: 'https://github.com/a-hwang/building-facade-segmentation', ...CC_BY_4 },
  { name: 'beach', title: 'Beach', by: 'Flickr 5022207571', source: 'https://farm5.staticflickr.com/4112/5022207571_74aab92fd5_z.jpg', ...CC_BY_2 },
  { name: 'kitchen', title: 'Kitchen', by: 'Flickr 6924897347', source: 'https://farm8.staticflickr.com/7054/6924897347_7266fd119c_z.jpg', ...CC_BY_2 },
  { name: 'rocket', title: 'Rocket', by: 'SpaceX', source: 'https://github.com/scikit-image/scikit-image', ...CC0 },
  { name: 'bear', title: 'Bear', by: 'Flickr 9138147604', source: 'https://farm8.staticflickr.com/7434/9138147604_c6225224b8_z.jpg', ...CC_BY_2 },
];
