"""The structural probe of Hewitt and Manning (2019): distances in syntax trees from distances of word vectors."""
