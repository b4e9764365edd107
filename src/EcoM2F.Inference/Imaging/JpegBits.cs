namespace EcoM2F.Inference.Imaging;

/// <summary>The bits of a JPEG's image data, most significant first; 0xFF is followed by a zero that does not count.</summary>
internal ref struct JpegBits(ReadOnlySpan<byte> data)
{
    private readonly ReadOnlySpan<byte> _data = data;
    private int _position;
    private uint _buffer;
    private int _available;

    /// <param name="count">0 to 16.</param>
    /// <returns>-1 where so many are not there before the next marker or the end.</returns>
    public int Read(int count)
    {
        while (_available < count)
        {
            if (_position >= _data.Length)
            {
                return -1;
            }

            var value = _data[_position];
            if (value == 0xFF)
            {
                if (_position + 1 >= _data.Length || _data[_position + 1] != 0)
                {
                    return -1;
                }

                _position++;
            }

            _position++;
            _buffer = (_buffer << 8) | value;
            _available += 8;
        }

        _available -= count;
        return (int)((_buffer >> _available) & ((1u << count) - 1));
    }

    /// <summary>Leaves what is left of the byte and passes a restart marker.</summary>
    /// <returns>False where there is none.</returns>
    public bool TryRestart()
    {
        _available = 0;
        while (_position + 1 < _data.Length && _data[_position] == 0xFF && _data[_position + 1] == 0xFF)
        {
            _position++;
        }

        if (_position + 1 >= _data.Length || _data[_position] != 0xFF || _data[_position + 1] is not (>= 0xD0 and <= 0xD7))
        {
            return false;
        }

        _position += 2;
        return true;
    }
}
