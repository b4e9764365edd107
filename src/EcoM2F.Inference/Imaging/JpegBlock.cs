namespace EcoM2F.Inference.Imaging;

/// <summary>The Huffman tables of one block of 8 x 8 coefficients: for the first, and for the other 63.</summary>
internal readonly record struct JpegBlock(JpegHuffmanTable Dc, JpegHuffmanTable Ac);
