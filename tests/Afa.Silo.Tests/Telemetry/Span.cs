using System.Text;

namespace Afa.Tests.Silo.Telemetry;

/// <summary>A span of an OTLP request, as far as the tests look at it.</summary>
/// <param name="Parent">Empty for the first of a trace.</param>
internal sealed record Span(string Id, string Parent, string Name)
{
    /// <summary>Reads an ExportTraceServiceRequest (opentelemetry-proto 1.x, trace/v1/trace.proto) in protobuf's wire format.</summary>
    public static IEnumerable<Span> Read(byte[] request) =>
        from resourceSpans in Fields(request, number: 1)
        from scopeSpans in Fields(resourceSpans, number: 2)
        from span in Fields(scopeSpans, number: 2)
        select new Span(Hex(span, number: 2), Hex(span, number: 4), Encoding.UTF8.GetString(Fields(span, number: 5).Single().AsSpan()));

    private static string Hex(ArraySegment<byte> message, int number) => Convert.ToHexString(Fields(message, number).SingleOrDefault().AsSpan());

    /// <summary>The fields of that number that hold bytes, a text or a message.</summary>
    private static List<ArraySegment<byte>> Fields(ArraySegment<byte> message, int number)
    {
        var found = new List<ArraySegment<byte>>();
        var offset = 0;
        while (offset < message.Count)
        {
            var key = Number(message, ref offset);
            switch (key & 7)
            {
                case 0:
                    Number(message, ref offset);
                    break;
                case 1:
                    offset += sizeof(long);
                    break;
                case 5:
                    offset += sizeof(int);
                    break;
                case 2:
                    var length = (int)Number(message, ref offset);
                    if (key >> 3 == (ulong)number)
                    {
                        found.Add(message.Slice(offset, length));
                    }

                    offset += length;
                    break;
                default:
                    throw new InvalidDataException($"Wire type {key & 7} is not one of protobuf's.");
            }
        }

        return found;
    }

    private static ulong Number(ArraySegment<byte> message, ref int offset)
    {
        var (value, shift) = (0UL, 0);
        while (true)
        {
            var part = message[offset++];
            value |= (ulong)(part & 0x7f) << shift;
            if (part < 0x80)
            {
                return value;
            }

            shift += 7;
        }
    }
}
