using Afa.Models;

namespace Afa.Attacks;

/// <summary>The random search of one sample: Andriushchenko et al. 2020 (arXiv:1912.00049), algorithm 1.</summary>
/// <remarks>A candidate that equals the best point is counted, but not shown to the model: it cannot be better.</remarks>
internal sealed class SquareSearch
{
    private readonly SquareOptions _options;
    private readonly SquareMoves _moves;
    private readonly double[] _image;
    private readonly Func<int, Func<double>> _createDraws;
    private Func<double> _uniform;
    private double _margin;   // Of the best point.
    private int _restart;

    /// <param name="sample">Position in the attack's input.</param>
    /// <param name="image">[channel, height, width], row-major; kept.</param>
    /// <param name="createDraws">Makes the draws from [0, 1) of a restart.</param>
    public SquareSearch(SquareOptions options, SquareMoves moves, int sample, int label, double[] image, Func<int, Func<double>> createDraws)
    {
        (_options, _moves, Sample, Label, _image, _createDraws) = (options, moves, sample, label, image, createDraws);
        (Best, Candidate) = (new double[image.Length], new double[image.Length]);
        _uniform = Start();
    }

    /// <summary>Position in the attack's input.</summary>
    public int Sample { get; }

    /// <summary>Class of the image.</summary>
    public int Label { get; }

    /// <summary>How many candidates there were in this restart, the present one included; 0 at the starting point.</summary>
    public int Queries { get; private set; }

    /// <summary>What to ask the model next.</summary>
    public double[] Candidate { get; }

    /// <summary>Where the candidate may differ from the best point.</summary>
    public ImageWindow Change { get; private set; }

    /// <summary>The point of smallest margin so far; when the search is finished, an adversarial image if <see cref="IsBroken"/>.</summary>
    public double[] Best { get; }

    /// <summary>Whether an adversarial image was found.</summary>
    public bool IsBroken { get; private set; }

    public bool IsFinished { get; private set; }

    /// <summary>Takes the model's judgement of the candidate and makes the next one.</summary>
    /// <param name="margin">Logit of the label less the largest other one.</param>
    /// <param name="isWrong">Whether the model got the candidate wrong.</param>
    /// <returns>Whether the candidate became the best point.</returns>
    public bool Judge(double margin, bool isWrong)
    {
        var isBetter = isWrong || margin < _margin;
        if (isBetter)
        {
            _margin = margin;
            Candidate.CopyTo(Best, 0);
        }
        else
        {
            Best.CopyTo(Candidate, 0);
        }

        IsBroken = IsFinished = isWrong;
        if (!isWrong)
        {
            Advance();
        }

        return isBetter;
    }

    private void Advance()
    {
        while (Queries < _options.Queries)
        {
            if (_moves.Move(Queries++, _image, Candidate, _uniform) is { } change)
            {
                Change = change;
                return;
            }
        }

        IsFinished = ++_restart == _options.Restarts;
        if (!IsFinished)
        {
            _uniform = Start();
        }
    }

    private Func<double> Start()
    {
        Queries = 0;
        _margin = double.PositiveInfinity;
        Change = _moves.Whole;
        var uniform = _createDraws(_restart);
        _moves.Start(_image, Candidate, uniform);
        return uniform;
    }
}
