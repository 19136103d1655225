using Microsoft.Win32.SafeHandles;

namespace Afa.Data;

/// <summary>Reads a part of a file. Any number of them may read the same file at once.</summary>
/// <param name="file">Stays open.</param>
/// <param name="start">First byte.</param>
/// <param name="length">Bytes; the stream ends after them.</param>
internal sealed class FileSection(SafeFileHandle file, long start, long length) : Stream
{
    private long _position;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => length;

    public override long Position { get => _position; set => throw new NotSupportedException(); }

    public override int Read(Span<byte> buffer)
    {
        var wanted = (int)Math.Min(buffer.Length, length - _position);
        var count = wanted > 0 ? RandomAccess.Read(file, buffer[..wanted], start + _position) : 0;
        _position += count;
        return count;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
