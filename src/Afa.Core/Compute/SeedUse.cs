namespace Afa.Compute;

/// <summary>What a derived seed is for. Stored runs depend on the numbers: never renumber.</summary>
public enum SeedUse : ulong
{
    ModelInitialization = 1,
    ShardPlan = 2,
    EpochOrder = 3,
    Augmentation = 4,
    TrainingAttack = 5,
    EvaluationAttack = 6,
    Subset = 7,
    GeneratedImages = 20,
    Sweep = 40,
    ValidationSplit = 50,
    ValidationAttack = 51,
    TestOrder = 60,
    Participation = 70,
    Buckets = 71,
    MaliciousUpdate = 72,
    PoisonedImages = 73,
    Partition = 74,
    SampledTestImages = 75,
}
