using static TorchSharp.torch;

namespace Afa.Attacks;

/// <summary>A batch under attack that is kept full: a row whose sample is finished leaves, and the next waiting sample enters.</summary>
/// <typeparam name="TRow">What the attack keeps for a sample beside its tensors.</typeparam>
internal sealed class RowBatch<TRow> : IDisposable
{
    private readonly AttackInput _input;
    private readonly Func<int, TRow> _createRow;
    private readonly int _passes;
    private int _next;

    /// <param name="states">How many tensors of the images' shape the attack keeps for its rows.</param>
    /// <param name="passes">Passes through the model that a row takes between two calls of <see cref="Refill"/>, a backward pass counted as one more.</param>
    /// <param name="createRow">Makes the row of a sample, given its position in the input.</param>
    public RowBatch(AttackInput input, int states, int passes, Func<int, TRow> createRow)
    {
        _input = input;
        _createRow = createRow;
        _passes = passes;
        States = new Tensor[states];
        var count = Math.Min(input.BatchSize, (int)input.Images.shape[0]);
        using var scope = NewDisposeScope();
        Images = input.Images.narrow(0, 0, count).clone().DetachFromDisposeScope();
        Labels = input.Labels.narrow(0, 0, count).clone().DetachFromDisposeScope();
        for (var i = 0; i < states; i++)
        {
            States[i] = Images.clone().DetachFromDisposeScope();
        }

        Rows = [.. Enumerable.Range(0, count).Select(createRow)];
        _next = count;
    }

    /// <summary>One for each row of the tensors.</summary>
    public List<TRow> Rows { get; private set; }

    /// <summary>Clean images, [row, channel, height, width].</summary>
    public Tensor Images { get; private set; }

    /// <summary>[row], int64.</summary>
    public Tensor Labels { get; private set; }

    /// <summary>Each of the images' shape; a sample enters with its clean image in all of them.</summary>
    public Tensor[] States { get; }

    public int Count => Rows.Count;

    /// <summary>Replaces a state and frees the old one.</summary>
    public void Set(int state, Tensor value)
    {
        States[state].Dispose();
        States[state] = value.DetachFromDisposeScope();
    }

    /// <summary>Copies rows of one state into another.</summary>
    /// <param name="rows">Indices into <see cref="Rows"/>.</param>
    public void CopyRows(Tensor from, int state, IReadOnlyList<int> rows)
    {
        if (rows.Count == Count)
        {
            States[state].copy_(from);
        }
        else if (rows.Count > 0)
        {
            using var scope = NewDisposeScope();
            var index = Index(rows);
            States[state].index_copy_(0, index, from.index_select(0, index));
        }
    }

    /// <summary>One number for each row, [row, 1, 1, 1], of the images' type. The caller owns it.</summary>
    public Tensor Column(Func<TRow, double> value)
    {
        using var values = tensor(Rows.Select(value).ToArray(), dtype: Images.dtype, device: Images.device);
        return values.reshape(-1, 1, 1, 1);
    }

    /// <summary>Lets finished rows leave and waiting samples enter, behind the rows that stay.</summary>
    /// <returns>False when no row is left.</returns>
    /// <exception cref="OperationCanceledException">The attack's caller wants it to end.</exception>
    public bool Refill(Predicate<TRow> isFinished)
    {
        _input.Cancellation.ThrowIfCancellationRequested();
        _input.Passed?.Invoke(_passes * Count);
        var staying = Enumerable.Range(0, Count).Where(row => !isFinished(Rows[row])).ToList();
        if (staying.Count == Count)
        {
            return Count > 0;
        }

        var entering = Math.Min(_input.BatchSize - staying.Count, (int)_input.Images.shape[0] - _next);
        using (NewDisposeScope())
        {
            var index = Index(staying);
            var images = _input.Images.narrow(0, _next, entering);
            for (var i = 0; i < States.Length; i++)
            {
                Set(i, cat([States[i].index_select(0, index), images]));
            }

            (Images, var oldImages) = (cat([Images.index_select(0, index), images]).DetachFromDisposeScope(), Images);
            (Labels, var oldLabels) = (cat([Labels.index_select(0, index), _input.Labels.narrow(0, _next, entering)]).DetachFromDisposeScope(), Labels);
            oldImages.Dispose();
            oldLabels.Dispose();
        }

        Rows = [.. staying.Select(row => Rows[row]), .. Enumerable.Range(_next, entering).Select(_createRow)];
        _next += entering;
        return Count > 0;
    }

    public void Dispose()
    {
        Images.Dispose();
        Labels.Dispose();
        foreach (var state in States)
        {
            state.Dispose();
        }
    }

    private Tensor Index(IReadOnlyList<int> rows) => tensor(rows.Select(row => (long)row).ToArray(), device: Images.device);
}
