"""Matching and losses of Mask2Former (arXiv 2112.01527) for every decoder prediction at once, with partly labelled images.

Written for a device that should stay busy: nothing loops over segments or queries, the costs of all images and predictions are
computed together and copied to the host once. Sums are in fp32 whatever autocast says. Two rules for what is not labelled:

  * a query that no segment wants is punished as "no object" only where its likeliest class is one that the image's set labels
    everywhere (full_classes): elsewhere nobody knows whether it is wrong;
  * a thing's mask is known outside of its segment too, so it is compared in the whole image, padding apart; a stuff mask only
    where pixels are labelled, for the rest may be of its class.

L predictions, B images, Q queries, C classes, S segments in the batch, K matched pairs in all predictions, P points.
"""
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from scipy.optimize import linear_sum_assignment

# Mask2Former's numbers, and the names of the options in a configuration's "train" part
DEFAULTS = {
    "class_weight": 2.0,      # of the three terms, in the loss and in the matching costs
    "mask_weight": 5.0,
    "dice_weight": 5.0,
    "no_object_weight": 0.1,  # of a query without a segment in the class term
    "points": 12544,          # per mask, in the losses
    "match_points": 12544,    # per image, in the matching costs
    "oversample": 3.0,        # candidates per point that is chosen for its uncertainty
    "importance": 0.75,       # share of the points that are chosen so
}


class Segments(NamedTuple):
    """The targets of a batch in one piece, on the model's device."""

    codes: torch.Tensor    # uint8 [S, H*W]: 1 where the segment is, + 2 where its mask counts
    classes: torch.Tensor  # int64 [S]
    image: torch.Tensor    # int64 [S]
    slot: torch.Tensor     # int64 [S], place among the segments of its image
    full: torch.Tensor     # bool [B, C], classes that may be punished
    counts: list           # segments of each image
    size: tuple            # H, W


def pack(targets, things, device):
    """targets: of each image (data.Target). things: bool [C], True where a class is of things."""
    counts = [len(target.classes) for target in targets]
    images = range(len(targets))
    move = dict(device=device, non_blocking=True)
    masks = torch.cat([target.masks for target in targets]).to(**move)
    classes = torch.cat([target.classes for target in targets]).to(**move)
    image = torch.tensor([i for i in images for _ in range(counts[i])], dtype=torch.long).to(**move)
    slot = torch.tensor([n for count in counts for n in range(count)], dtype=torch.long).to(**move)
    inside = torch.stack([target.inside for target in targets]).to(**move)
    labelled = torch.stack([target.labelled for target in targets]).to(**move)
    full = torch.stack([target.full_classes for target in targets]).to(**move)
    known = torch.cat([inside, labelled])[image + len(targets) * (~things.to(device)[classes]).long()]  # [S, H, W]
    codes = masks.to(torch.uint8) + 2 * known.to(torch.uint8)
    return Segments(codes.flatten(1), classes, image, slot, full, counts, tuple(inside.shape[1:]))


def look_up(segments, rows, points):
    """Is the segment at points [K, P, 2] (x, y in 0 to 1), and does its mask count there: two of [K, P], 0 or 1."""
    height, width = segments.size
    column = (points[..., 0] * width).long().clamp_(0, width - 1)
    row = (points[..., 1] * height).long().clamp_(0, height - 1)
    codes = segments.codes.reshape(-1)[rows[:, None] * (height * width) + row * width + column]
    return (codes & 1).float(), (codes >> 1).float()


def sample(maps, points):
    """maps [K, c, h, w] at points [K, P, 2] (x, y in 0 to 1), bilinear -> [K, c, P]. (A gather of the four corners instead of
    grid_sample takes 8 times as long on a CPU.)"""
    return F.grid_sample(maps, 2 * points[:, :, None] - 1, mode="bilinear", padding_mode="border", align_corners=False)[..., 0]


# ---------------------------------------------------------------------------------------------------------------------
# Matching


@torch.no_grad()
def match_costs(class_logits, mask_logits, segments, options):
    """Cost of giving a query a segment, [L, B, Q, N] with N the most segments of an image; slots past an image's count hold 0.
    class_logits: list of L [B, Q, C+1]; mask_logits: list of L [B, Q, h, w]."""
    device, (batch, queries) = mask_logits[0].device, mask_logits[0].shape[:2]
    points = torch.rand(batch, options["match_points"], 2, device=device)              # shared by all queries and predictions
    x = torch.cat([sample(maps.float(), points) for maps in mask_logits], 1)           # [B, L*Q, P]
    there, counts = look_up(segments, torch.arange(len(segments.image), device=device), points[segments.image])  # [S, P]
    truth = x.new_zeros(2, batch, max(segments.counts), points.shape[1])
    truth[0, segments.image, segments.slot] = there * counts
    truth[1, segments.image, segments.slot] = counts
    there, counts = truth.transpose(2, 3)                                              # [B, P, N]
    probability = x.sigmoid()
    total = counts.sum(1, keepdim=True)                                                # [B, 1, N]
    # binary cross-entropy is softplus(x) - x t, so its mean over the points that count takes two products of matrices
    mask = (F.softplus(x) @ counts - x @ there) / total.clamp(min=1)                   # [B, L*Q, N]
    dice = 1 - (2 * (probability @ there) + 1) / (probability @ counts + there.sum(1, keepdim=True) + 1)
    labels = segments.classes.new_zeros(batch, max(segments.counts))
    labels[segments.image, segments.slot] = segments.classes
    probability = torch.cat([logits.float().softmax(-1) for logits in class_logits], 1)  # [B, L*Q, C+1]
    chance = probability.gather(2, labels[:, None].expand(-1, probability.shape[1], -1))
    cost = options["mask_weight"] * mask + options["dice_weight"] * dice - options["class_weight"] * chance
    return cost.unflatten(1, (-1, queries)).transpose(0, 1)


def match(class_logits, mask_logits, segments, options):
    """The cheapest assignment of segments to queries in each prediction of each image:
    prediction, image, query and segment (index into S) of every pair, int64 [4, K], ordered by prediction."""
    if not len(segments.image):
        return torch.zeros(4, 0, dtype=torch.long, device=segments.image.device)
    with torch.autocast(segments.image.device.type, enabled=False):
        costs = match_costs(class_logits, mask_logits, segments, options)
    costs = costs.cpu().numpy()                                                        # the only wait for the device
    costs = np.nan_to_num(costs, nan=1e6, posinf=1e6, neginf=-1e6)
    first = np.concatenate([[0], np.cumsum(segments.counts)])
    pairs = []
    for prediction in range(len(costs)):
        for image, count in enumerate(segments.counts):
            query, slot = linear_sum_assignment(costs[prediction, image, :, :count])
            pairs.append(np.stack([np.full_like(query, prediction), np.full_like(query, image), query, first[image] + slot]))
    return torch.from_numpy(np.concatenate(pairs, 1)).to(segments.image.device, torch.long, non_blocking=True)


# ---------------------------------------------------------------------------------------------------------------------
# Losses


def class_terms(class_logits, pairs, segments, options):
    """Weighted mean of the cross-entropy over the queries of a prediction, [L]. class_logits [L, B, Q, C+1]."""
    prediction, image, query, segment = pairs
    classes = class_logits.shape[-1] - 1
    target = torch.full(class_logits.shape[:3], classes, dtype=torch.long, device=class_logits.device)
    target[prediction, image, query] = segments.classes[segment]
    likeliest = class_logits[..., :classes].argmax(-1)                                 # [L, B, Q], "no object" apart
    known = segments.full[torch.arange(class_logits.shape[1], device=target.device)[:, None], likeliest]
    weight = options["no_object_weight"] * known.float()
    weight[prediction, image, query] = 1.0
    loss = F.cross_entropy(class_logits.flatten(0, 2), target.flatten(), reduction="none").view_as(weight)
    return (loss * weight).sum((1, 2)) / weight.sum((1, 2)).clamp(min=1e-6)


@torch.no_grad()
def choose_points(maps, rows, segments, options):
    """Points [K, P, 2] at which mask logits [K, 1, h, w] are compared: most of them where the prediction is least sure."""
    count = options["points"]
    sure = int(options["importance"] * count)
    candidates = torch.rand(len(maps), int(options["oversample"] * count), 2, device=maps.device)
    certainty = sample(maps, candidates)[:, 0].abs()
    certainty.masked_fill_(look_up(segments, rows, candidates)[1] == 0, torch.inf)     # last of all where nothing is known
    chosen = certainty.topk(sure, 1, largest=False, sorted=False).indices
    chosen = candidates.gather(1, chosen[..., None].expand(-1, -1, 2))
    return torch.cat([chosen, torch.rand(len(maps), count - sure, 2, device=maps.device)], 1)


def mask_terms(x, target, counts):
    """Of logits x [K, P] against a target in 0 to 1, over the points that count: mean cross-entropy and dice loss, [K] each."""
    entropy = F.binary_cross_entropy_with_logits(x, target, weight=counts, reduction="none").sum(1) / counts.sum(1).clamp(min=1)
    probability = x.sigmoid() * counts
    dice = 1 - (2 * (probability * target).sum(1) + 1) / (probability.sum(1) + (target * counts).sum(1) + 1)
    return entropy, dice


def per_prediction(values, prediction, predictions, divisor):
    """Sums [L] of values [K] of each prediction's pairs, over divisor."""
    return values.new_zeros(predictions).index_add(0, prediction, values) / max(divisor, 1)


def loss_terms(class_logits, mask_logits, pairs, segments, options, teacher=None):
    """Class, mask and dice term, unweighted, of each prediction against the ground truth: [L, 3].

    teacher: index of a prediction that teaches the others; then a second [L, 3] is given, each prediction's terms against the
    teacher's class distribution and mask for the same segment, detached: soft targets, for matched queries only.
    """
    device, predictions, total = mask_logits[0].device, len(mask_logits), len(segments.image)
    with torch.autocast(device.type, enabled=False):
        prediction, image, query, segment = pairs
        logits = torch.stack(class_logits).float()                                     # [L, B, Q, C+1]
        truth = [class_terms(logits, pairs, segments, options)]
        if not total:  # nothing to segment in the whole batch: no mask term, but a gradient, of zero, for every parameter
            nothing = logits.new_zeros(predictions) + sum(maps.float().sum() for maps in mask_logits) * 0
            terms = torch.stack([*truth, nothing, nothing], 1)
            return terms if teacher is None else (terms, terms.detach() * 0)
        size = len(prediction) // predictions                                          # every prediction has as many pairs
        maps = [layer[i, q].float() for layer, i, q in zip(mask_logits, image.split(size), query.split(size))]
        maps = torch.cat(maps)[:, None]                                                # [K, 1, h, w]
        points = choose_points(maps.detach(), segment, segments, options)
        x = sample(maps, points)[:, 0]                                                 # [K, P]
        target, counts = look_up(segments, segment, points)
        truth += [per_prediction(values, prediction, predictions, total) for values in mask_terms(x, target, counts)]
        if teacher is None:
            return torch.stack(truth, 1)

        with torch.no_grad():
            mine = slice(teacher * size, (teacher + 1) * size)
            chosen = torch.zeros(total, dtype=torch.long, device=device)               # the teacher's query for each segment
            has = torch.zeros(total, dtype=torch.bool, device=device)                  # it has none where segments outnumber queries
            chosen[segment[mine]], has[segment[mine]] = query[mine], True
            belief = logits[teacher, image, chosen[segment]].softmax(-1)               # [K, C+1]
            soft = sample(mask_logits[teacher][image, chosen[segment]].float()[:, None], points)[:, 0].sigmoid()
            counts = counts * has[segment][:, None]
        entropy = F.cross_entropy(logits[prediction, image, query], belief, reduction="none") * has[segment]
        taught = [entropy, *mask_terms(x, soft, counts)]
        taught = [per_prediction(values, prediction, predictions, total) for values in taught]
        return torch.stack(truth, 1), torch.stack(taught, 1)
