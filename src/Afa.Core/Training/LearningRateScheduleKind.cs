namespace Afa.Training;

/// <summary>How the learning rate moves over a phase.</summary>
public enum LearningRateScheduleKind
{
    /// <summary>Up over the first 30 % of the steps and down to almost nothing, both along a cosine: Smith and Topin 2018 (arXiv:1708.07120), with PyTorch's defaults.</summary>
    OneCycle,

    /// <summary>From the peak down to 0 along half a cosine: Loshchilov and Hutter 2017 (arXiv:1608.03983), without restarts.</summary>
    Cosine,

    /// <summary>The peak throughout.</summary>
    Constant,

    /// <summary>The peak, lowered by a factor at each milestone: the usual recipe of PGD-AT, TRADES and MART.</summary>
    MultiStep,

    /// <summary>From 0 up to the peak and down again in straight lines, once: Smith 2017 (arXiv:1506.01186), as in Fast AT.</summary>
    Cyclic,
}
