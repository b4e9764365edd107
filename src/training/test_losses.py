"""Tests of losses.py: python3 -m unittest discover -s src/training. Expected numbers are derived in the comments beside them."""
import math
import os
import sys
import unittest
from typing import NamedTuple

import torch

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import losses  # noqa: E402

LN2, LN3 = math.log(2), math.log(3)
SIDE = 32      # of the images; mask logits are a quarter of it
OPTIONS = {**losses.DEFAULTS, "points": 64, "match_points": 50}
THINGS = torch.tensor([True, False])  # class 0 is a thing, class 1 stuff


class Target(NamedTuple):
    masks: torch.Tensor
    classes: torch.Tensor
    labelled: torch.Tensor
    inside: torch.Tensor
    full_classes: torch.Tensor


def region(left=0, right=SIDE):
    """True in the columns from left to right."""
    mask = torch.zeros(SIDE, SIDE, dtype=torch.bool)
    mask[:, left:right] = True
    return mask


def target(*segments, labelled=None, inside=None, full=(True, True)):
    """segments: pairs of class and mask."""
    masks = torch.stack([mask for _, mask in segments]) if segments else torch.zeros(0, SIDE, SIDE, dtype=torch.bool)
    return Target(masks, torch.tensor([index for index, _ in segments], dtype=torch.long), region() if labelled is None else labelled,
                  region() if inside is None else inside, torch.tensor(full))


def pack(*targets):
    return losses.pack(targets, THINGS, "cpu")


def flat(*values):
    """Mask logits [1, Q, 8, 8], each query's the same everywhere, so that it does not matter where they are sampled."""
    return torch.tensor(values, dtype=torch.float32)[None, :, None, None].repeat(1, 1, 8, 8)


def pairs_of(*rows):
    """prediction, image, query, segment of each pair."""
    return torch.tensor(rows, dtype=torch.long).reshape(-1, 4).T


class Sampling(unittest.TestCase):
    def test_a_pixels_centre_gives_its_value_and_between_two_their_mean(self):
        maps = torch.arange(12.0).reshape(1, 1, 3, 4)
        points = torch.tensor([[[0.125, 0.5], [0.25, 0.5], [0.875, 1 / 6 + 1 / 6]]])  # centre of (1, 0); between (1, 0) and (1, 1); between (0, 3) and (1, 3)
        torch.testing.assert_close(losses.sample(maps, points), torch.tensor([[[4.0, 4.5, 5.0]]]))

    def test_segments_are_looked_up_in_the_pixel_that_holds_the_point(self):
        segments = pack(target((0, region(0, 8)), (1, region(8, 16)), labelled=region(0, 16), inside=region(0, 24)))
        points = torch.tensor([[[7.9 / SIDE, 0.3], [8.1 / SIDE, 0.3], [20 / SIDE, 0.0], [1.0, 1.0]]])
        there, counts = losses.look_up(segments, torch.tensor([0]), points)
        self.assertEqual([[1, 0, 0, 0]], there.tolist())
        self.assertEqual([[1, 1, 1, 0]], counts.tolist())  # a thing counts outside of what is labelled, but not in padding
        there, counts = losses.look_up(segments, torch.tensor([1]), points)
        self.assertEqual([[0, 1, 0, 0]], there.tolist())
        self.assertEqual([[1, 1, 0, 0]], counts.tolist())  # stuff counts where pixels are labelled

    def test_points_are_chosen_where_the_prediction_is_least_sure(self):
        torch.manual_seed(0)
        maps = torch.linspace(-7, 7, 8).repeat(1, 1, 8, 1)  # zero in the middle, at x = 1/2
        options = {**OPTIONS, "importance": 0.75, "oversample": 4.0}
        points = losses.choose_points(maps, torch.tensor([0]), pack(target((0, region()))), options)
        distance = (points[0, :, 0] - 0.5).abs()
        self.assertEqual((1, 64, 2), tuple(points.shape))
        # 48 of 256 even candidates: the band about the middle that holds 48/256 of the width is 0.094 to either side
        self.assertLess(float(distance[:48].max()), 0.14)
        self.assertGreater(float(distance[48:].max()), 0.3)  # the other 16 lie anywhere

    def test_points_are_chosen_where_nothing_is_known_only_when_the_rest_is_spent(self):
        torch.manual_seed(0)
        maps = torch.linspace(-7, 7, 8).repeat(1, 1, 8, 1)
        segments = pack(target((1, region(0, 8)), labelled=region(0, 12)))  # the least sure half is not labelled
        points = losses.choose_points(maps, torch.tensor([0]), segments, {**OPTIONS, "importance": 1.0, "oversample": 8.0})
        self.assertEqual(64, int(losses.look_up(segments, torch.tensor([0]), points)[1].sum()))


class Matching(unittest.TestCase):
    def test_costs_are_those_computed_by_hand(self):
        segments = pack(target((0, region())))
        cost = losses.match_costs([torch.zeros(1, 2, 3)], [flat(LN3, 0.0)], segments, OPTIONS)
        self.assertEqual((1, 1, 2, 1), tuple(cost.shape))
        # The segment is everywhere, P = 50 points. Logit ln 3 is p = 3/4: cross-entropy -ln(3/4) = ln 4 - ln 3,
        # dice 1 - (2 * 0.75 P + 1) / (0.75 P + P + 1). Logit 0 is p = 1/2: ln 2 and 1 - (P + 1) / (1.5 P + 1). Each class has 1/3.
        sure = 5 * (2 * LN2 - LN3) + 5 * (1 - 76 / 88.5) - 2 / 3
        unsure = 5 * LN2 + 5 * (1 - 51 / 76) - 2 / 3
        torch.testing.assert_close(cost.flatten(), torch.tensor([sure, unsure]))

    def test_each_prediction_and_image_is_matched_by_mask_and_class(self):
        left, right = torch.full((8, 8), -9.0), torch.full((8, 8), -9.0)
        left[:, :4], right[:, 4:] = 9.0, 9.0
        nowhere = torch.full((8, 8), -9.0)
        masks = [torch.stack([torch.stack([left, nowhere, right]), torch.stack([right, right, left])]),
                 torch.stack([torch.stack([nowhere, right, left]), torch.stack([right, right, left])])]  # 2 predictions of [2, 3, 8, 8]
        stuffy = torch.zeros(2, 3, 3)
        stuffy[1, 1, 1] = 5.0  # of the two queries on the right of image 1, this one says stuff
        segments = pack(target((0, region(0, 16)), (0, region(16, SIDE))), target((1, region(16, SIDE))))
        pairs = losses.match([stuffy, stuffy], masks, segments, OPTIONS)
        self.assertEqual([[0, 0, 0, 0], [0, 0, 2, 1], [0, 1, 1, 2], [1, 0, 1, 1], [1, 0, 2, 0], [1, 1, 1, 2]],
                         sorted(pairs.T.tolist()))
        self.assertEqual([0, 0, 0, 1, 1, 1], pairs[0].tolist())  # ordered by prediction

    def test_more_segments_than_queries_leave_some_without_one(self):
        masks = torch.full((1, 1, 8, 8), -9.0)
        masks[..., 4:] = 9.0
        segments = pack(target((0, region(0, 8)), (0, region(8, 16)), (0, region(16, SIDE))))
        self.assertEqual([[0, 0, 0, 2]], losses.match([torch.zeros(1, 1, 3)], [masks], segments, OPTIONS).T.tolist())
        terms = losses.loss_terms([torch.zeros(1, 1, 3)], [masks], pairs_of((0, 0, 0, 2)), segments, OPTIONS)
        self.assertTrue(bool(terms.isfinite().all()))

    def test_costs_that_are_not_finite_still_give_a_matching(self):
        segments = pack(target((0, region(0, 16))))
        self.assertEqual([[0, 0, 1, 0]], losses.match([torch.zeros(1, 2, 3)], [flat(math.nan, 0.0)], segments, OPTIONS).T.tolist())

    def test_no_segments_match_nothing(self):
        self.assertEqual((4, 0), tuple(losses.match([torch.zeros(1, 2, 3)], [flat(0.0, 0.0)], pack(target()), OPTIONS).shape))


class ClassTerm(unittest.TestCase):
    def test_matched_and_unmatched_queries_are_weighted_as_computed_by_hand(self):
        # Query 0, class 0: p = 1/3 each, so -ln p = ln 3, weight 1. Query 1, no object: p = 2 / (1 + 1 + 2), so ln 2, weight 0.1.
        logits = torch.tensor([[[[0.0, 0.0, 0.0], [0.0, 0.0, LN2]]]])
        term = losses.class_terms(logits, pairs_of((0, 0, 0, 0)), pack(target((0, region()))), OPTIONS)
        torch.testing.assert_close(term, torch.tensor([(LN3 + 0.1 * LN2) / 1.1]))

    def test_what_is_not_labelled_is_never_punished(self):
        # This set labels class 0 everywhere and class 1 nowhere: query 1, likeliest class 1, may well be right.
        logits = torch.tensor([[[[0.0, 0.0, 0.0], [0.0, 3.0, 9.0], [3.0, 0.0, 9.0]]]], requires_grad=True)
        segments = pack(target((0, region(0, 8)), labelled=region(0, 8), full=(True, False)))
        term = losses.class_terms(logits, pairs_of((0, 0, 0, 0)), segments, OPTIONS)
        term.sum().backward()
        self.assertEqual([0.0, 0.0, 0.0], logits.grad[0, 0, 1].tolist())   # exactly
        self.assertTrue(bool((logits.grad[0, 0, [0, 2]] != 0).all()))      # class 0 is known everywhere, so query 2 is wrong
        # Query 1 counts in neither sum: ln 3 of query 0 and -ln p of query 2, p = e^9 / (e^3 + 1 + e^9)
        torch.testing.assert_close(term, torch.tensor([(LN3 + 0.1 * math.log((math.exp(3) + 1 + math.exp(9)) / math.exp(9))) / 1.1]))

    def test_each_image_has_its_own_labelled_classes(self):
        logits = torch.tensor([[[0.0, 1.0, 0.0]], [[0.0, 1.0, 0.0]]])[None].requires_grad_()
        segments = pack(target(full=(True, False)), target(full=(True, True)))
        losses.class_terms(logits, pairs_of(), segments, OPTIONS).sum().backward()
        self.assertEqual(0.0, float(logits.grad[0, 0].abs().sum()))
        self.assertGreater(float(logits.grad[0, 1].abs().sum()), 0)

    def test_nothing_to_count_is_zero(self):
        logits = torch.zeros(1, 1, 2, 3, requires_grad=True)
        term = losses.class_terms(logits, pairs_of(), pack(target(full=(False, False))), OPTIONS)
        term.sum().backward()
        self.assertEqual((0.0, 0.0), (float(term), float(logits.grad.abs().sum())))


class MaskTerms(unittest.TestCase):
    def test_both_are_those_computed_by_hand(self):
        # Logits 0 and ln 3 are p = 1/2 and 3/4; truth 1 and 0: -ln(1/2) = ln 2 and -ln(1/4) = 2 ln 2, mean 1.5 ln 2.
        # Dice: 1 - (2 * 1/2 + 1) / (1/2 + 3/4 + 1 + 1) = 1 - 2 / 3.25. With the first point alone: ln 2 and 1 - 2 / 2.5.
        x, truth = torch.tensor([[0.0, LN3]] * 3), torch.tensor([[1.0, 0.0]] * 3)
        entropy, dice = losses.mask_terms(x, truth, torch.tensor([[1.0, 1.0], [1.0, 0.0], [0.0, 0.0]]))
        torch.testing.assert_close(entropy, torch.tensor([1.5 * LN2, LN2, 0.0]))
        torch.testing.assert_close(dice, torch.tensor([1 - 2 / 3.25, 0.2, 0.0]))

    def gradient(self, index, **regions):
        """Of a mask's logits, where they are compared with a segment of class index in columns 0 to 8 of 32."""
        torch.manual_seed(3)
        masks = torch.zeros(1, 1, 8, 8, requires_grad=True)
        segments = pack(target((index, region(0, 8)), **regions))
        terms = losses.loss_terms([torch.zeros(1, 1, 3)], [masks], pairs_of((0, 0, 0, 0)), segments, {**OPTIONS, "points": 4000, "importance": 0.0})
        terms[:, 1:].sum().backward()
        return masks.grad[0, 0].abs().sum(0)  # of the 8 columns

    def test_a_things_mask_counts_in_the_whole_image(self):
        self.assertTrue(bool((self.gradient(0, labelled=region(0, 16)) > 0).all()))

    def test_a_stuff_mask_counts_where_pixels_are_labelled(self):
        # Labelled are columns 0 to 16 of 32, which is 0 to 4 of 8; bilinear sampling up to that edge reads column 4 too.
        gradient = self.gradient(1, labelled=region(0, 16))
        self.assertTrue(bool((gradient[:4] > 0).all()))
        self.assertEqual([0.0] * 3, gradient[5:].tolist())

    def test_padding_counts_for_neither(self):
        for index in (0, 1):
            gradient = self.gradient(index, inside=region(0, 16), labelled=region(0, 16))
            self.assertTrue(bool((gradient[:4] > 0).all()))
            self.assertEqual([0.0] * 3, gradient[5:].tolist())


class WholeLoss(unittest.TestCase):
    def setUp(self):
        torch.manual_seed(0)

    def test_every_prediction_has_its_own_terms(self):
        # Two images, three segments over all of their image: sums over the pairs are divided by 3. P = 64.
        segments = pack(target((0, region()), (1, region())), target((1, region())))
        masks = [torch.cat([flat(0.0, 0.0), flat(0.0, 0.0)]), torch.cat([flat(LN3, LN3), flat(0.0, LN3)])]
        logits = [torch.zeros(2, 2, 3)] * 2
        pairs = pairs_of((0, 0, 0, 0), (0, 0, 1, 1), (0, 1, 0, 2), (1, 0, 0, 0), (1, 0, 1, 1), (1, 1, 0, 2))
        terms = losses.loss_terms(logits, masks, pairs, segments, OPTIONS)
        # p = 1/2: ln 2, dice 1 - (P + 1) / (1.5 P + 1) = 1 - 65 / 97. p = 3/4: 2 ln 2 - ln 3, 1 - (1.5 P + 1) / (1.75 P + 1) = 1 - 97 / 113.
        entropy, dice = (2 * (2 * LN2 - LN3) + LN2) / 3, (2 * (1 - 97 / 113) + 1 - 65 / 97) / 3
        torch.testing.assert_close(terms, torch.tensor([[LN3, LN2, 1 - 65 / 97], [LN3, entropy, dice]]))

    def test_images_without_segments_train_the_class_term_only(self):
        logits, masks = torch.zeros(1, 2, 3, requires_grad=True), flat(0.0, 0.0).requires_grad_()
        segments = pack(target())
        pairs = losses.match([logits], [masks], segments, OPTIONS)
        terms = losses.loss_terms([logits], [masks], pairs, segments, OPTIONS)
        terms.sum().backward()
        torch.testing.assert_close(terms, torch.tensor([[LN3, 0.0, 0.0]]))
        self.assertGreater(float(logits.grad.abs().sum()), 0)
        self.assertEqual(0.0, float(masks.grad.abs().sum()))

    def test_sums_are_in_fp32_whatever_autocast_says(self):
        segments = pack(target((0, region(0, 16))))
        with torch.autocast("cpu", torch.bfloat16):
            logits, masks = [torch.zeros(1, 2, 3, dtype=torch.bfloat16)], [flat(0.0, 1.0).bfloat16()]
            terms = losses.loss_terms(logits, masks, losses.match(logits, masks, segments, OPTIONS), segments, OPTIONS)
        self.assertEqual(torch.float32, terms.dtype)
        torch.testing.assert_close(terms[0, 0], torch.tensor(LN3))


class Teaching(unittest.TestCase):
    def setUp(self):
        torch.manual_seed(0)
        self.segments = pack(target((0, region())))

    def test_terms_are_those_computed_by_hand(self):
        # The teacher, prediction 1, has query 1 for the segment, with class probabilities 1/4, 1/4, 1/2 and p = 3/4 everywhere; the
        # pupil has query 0, with 1/3 each and p = 1/2. Class: ln 3. Mask: -(3/4 ln 1/2 + 1/4 ln 1/2) = ln 2.
        # Dice, P = 64: 1 - (2 * 1/2 * 3/4 P + 1) / (1/2 P + 3/4 P + 1) = 1 - 49 / 81.
        pupil, teacher = torch.zeros(1, 2, 3, requires_grad=True), torch.tensor([[[9.0, 0, 0], [0.0, 0.0, LN2]]], requires_grad=True)
        masks = [flat(0.0, -3.0).requires_grad_(), flat(5.0, LN3).requires_grad_()]
        truth, taught = losses.loss_terms([pupil, teacher], masks, pairs_of((0, 0, 0, 0), (1, 0, 1, 0)), self.segments, OPTIONS, teacher=1)
        torch.testing.assert_close(taught[0], torch.tensor([LN3, LN2, 1 - 49 / 81]))
        self.assertEqual((2, 3), tuple(truth.shape))
        taught[0].sum().backward()
        for gradient in (teacher.grad, masks[1].grad):
            self.assertTrue(gradient is None or float(gradient.abs().sum()) == 0)  # nothing flows to the teacher
        self.assertEqual(0.0, float(pupil.grad[0, 1].abs().sum()))                 # nor to queries that no segment has
        # softmax minus belief: 1/3 - 1/4, 1/3 - 1/4, 1/3 - 1/2
        torch.testing.assert_close(pupil.grad[0, 0], torch.tensor([1 / 12, 1 / 12, -1 / 6]))

    def test_a_pupil_that_agrees_has_nothing_to_learn(self):
        logits, masks = torch.tensor([[[1.0, 2.0, 3.0]]], requires_grad=True), flat(0.7).requires_grad_()
        _, taught = losses.loss_terms([logits, logits.detach()], [masks, masks.detach()], pairs_of((0, 0, 0, 0), (1, 0, 0, 0)), self.segments, OPTIONS, teacher=1)
        taught[0, :2].sum().backward()
        self.assertLess(float(logits.grad.abs().max()), 1e-6)
        self.assertLess(float(masks.grad.abs().max()), 1e-6)

    def test_a_segment_that_the_teacher_missed_teaches_nothing(self):
        segments = pack(target((0, region(0, 16)), (0, region(16, SIDE))))
        masks = [flat(0.0), flat(0.0)]
        _, taught = losses.loss_terms([torch.zeros(1, 1, 3)] * 2, masks, pairs_of((0, 0, 0, 0), (1, 0, 0, 1)), segments, OPTIONS, teacher=1)
        self.assertEqual([0.0, 0.0, 0.0], taught[0].tolist())


if __name__ == "__main__":
    unittest.main()
